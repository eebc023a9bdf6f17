/** SEC's training step that is timed: its program, starting state and one batch. */
import { createSegmentationModel, initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { programSource, type TensorData } from "../src/runtime/index.ts";
import { secStep } from "../src/sec/index.ts";
import { sizeOf } from "../src/shape.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "../src/train/optimizer.ts";
import type { TimedStep } from "./timedStep.ts";

const optimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };

/** All three losses and SGD's update on noise; a fifth of the places have a cue, the CRF is not run. */
export function timedSec(name: string, batchSize: number, inputSize: number): TimedStep {
  const random = new Random(0);
  const model = createSegmentationModel(name, { classes: 5, inputSize });
  const step = secStep(model, { images: batchSize });
  const { updates, slots } = optimizerUpdate(model.parameters, step.gradients, optimizer);
  const filled = (size: number, value: (i: number) => number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => value(i));
  const labels = 1 + model.classes;
  const places = model.outputSize ** 2;
  const label = (i: number): number => Math.floor(i / places) % labels;
  const scores = sizeOf(step.scores.shape);
  const feeds: Record<string, Float32Array> = {
    images: filled(batchSize * 3 * inputSize ** 2, () => random.normal(0, 60)),
    cues: filled(scores, (i) => ((i % places) % 30 === 5 * label(i) ? 1 : 0)),
    tags: filled(batchSize * model.classes, (i) => (i % 2 === 0 ? 1 : 0)),
    target: filled(scores, () => 1 / labels),
    ...Object.fromEntries(
      step.dropouts.map(({ name, shape, keep }) => [
        name,
        filled(sizeOf(shape), () => (random.uniform(0, 1) < keep ? 1 / keep : 0)),
      ]),
    ),
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
