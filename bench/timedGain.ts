/** The guided training step that is timed. */
import { guide, paperGuidance } from "../src/gain/index.ts";
import { initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { optimizerFeeds, optimizerUpdate } from "../src/train/optimizer.ts";
import { timedModel } from "./models.ts";
import { emptySlots, noise, oneHot, type TimedStep, timedOptimizer } from "./timed.ts";

/** Self-guidance and SGD's update on noise; image i is of class i. */
export function timedGain(name: string, batchSize: number): TimedStep {
  const random = new Random(0);
  const model = timedModel(name);
  const step = guide(model, { ...paperGuidance, guidance: "self" }, { images: batchSize });
  const { updates, slots } = optimizerUpdate(model.parameters, step.gradients, timedOptimizer);
  const tags = oneHot(batchSize, model.classes);
  const feeds = {
    images: noise(step.inputs.images.shape, random),
    tags,
    chosen: tags,
    miningWeights: new Float32Array(batchSize).fill(1 / batchSize),
    ...optimizerFeeds(timedOptimizer, 1e-4, 1, 0),
  };
  const fed = new Map(Object.entries(feeds));
  return {
    parts: [{ computation: { outputs: { ...step.losses }, updates }, feeds: () => fed }],
    state: new Map([...initialParameters(model, random), ...emptySlots(slots)]),
  };
}
