/** The guided training step that is timed: its program, starting state and one batch. */
import { guide } from "../src/gain/index.ts";
import { initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { programSource, type TensorData } from "../src/runtime/index.ts";
import { sizeOf } from "../src/shape.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "../src/train/optimizer.ts";
import { timedModel } from "./models.ts";

const optimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };

export interface TimedStep {
  readonly source: ReturnType<typeof programSource>;
  readonly state: ReadonlyMap<string, TensorData>;
  readonly feeds: ReadonlyMap<string, Float32Array>;
}

/** Self-guidance and SGD's update on noise of the deviation of photographs; image i is of class i. */
export function timedStep(name: string, batchSize: number): TimedStep {
  const random = new Random(0);
  const model = timedModel(name);
  const step = guide(model, { guidance: "self" }, { images: batchSize });
  const { updates, slots } = optimizerUpdate(model.parameters, step.gradients, optimizer);
  const { images, tags, chosen, miningWeights } = step.inputs;
  const oneHot = Float32Array.from({ length: sizeOf(tags.shape) }, (_, i) =>
    i % model.classes === Math.floor(i / model.classes) % model.classes ? 1 : 0,
  );
  const feeds: Record<string, Float32Array> = {
    images: Float32Array.from({ length: sizeOf(images.shape) }, () => random.normal(0, 60)),
    tags: oneHot,
    ...(chosen !== undefined && { chosen: oneHot }),
    ...(miningWeights !== undefined && {
      miningWeights: new Float32Array(batchSize).fill(1 / batchSize),
    }),
    ...optimizerFeeds(optimizer, 1e-4, 1, 0),
  };
  const empty = slots.map(
    ({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }] as const,
  );
  return {
    source: programSource({ outputs: { ...step.losses }, updates }),
    state: new Map<string, TensorData>([...initialParameters(model, random), ...empty]),
    feeds: new Map(Object.entries(feeds)),
  };
}
