/** SEC's training step that is timed: its network, not the CRF. */
import { cut } from "../src/graph/index.ts";
import { createSegmentationModel, initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { secStep } from "../src/sec/index.ts";
import { dropoutMask } from "../src/segment/dropout.ts";
import { type Shape, sizeOf } from "../src/shape.ts";
import { optimizerFeeds, optimizerUpdate } from "../src/train/optimizer.ts";
import { classesOf } from "./models.ts";
import { emptySlots, noise, type TimedStep, timedOptimizer } from "./timed.ts";

/**
 * All three losses and SGD's update on noise; a fifth of the places have a cue.
 *
 * As in training the step is cut in two where the CRF makes its target of the scores. The CRF is not
 * run: the target is uniform. Dropout's masks are drawn for each step.
 */
export function timedSec(name: string, batchSize: number, inputSize: number): TimedStep {
  const random = new Random(0);
  const model = createSegmentationModel(name, { classes: classesOf(name), inputSize });
  const step = secStep(model, { images: batchSize });
  const { updates, slots } = optimizerUpdate(model.parameters, step.gradients, timedOptimizer);
  const losses = Object.entries(step.losses);
  const next = Object.entries(updates);
  const fedFirst = new Set(["images", ...step.dropouts.map(({ name }) => name)]);
  const late = [...losses, ...next].map(([, node]) => node);
  const halves = cut([step.scores], late, "kept", (input) => fedFirst.has(input));
  const lossNodes = losses.map(([loss], i) => [loss, halves.second[i]]);
  const nextNodes = next.map(([state], i) => [state, halves.second[losses.length + i]]);
  const images = noise([batchSize, 3, inputSize, inputSize], random);
  const labelled = labelFeeds(step.scores.shape);
  const rates = optimizerFeeds(timedOptimizer, 1e-4, 1, 0);
  return {
    parts: [
      {
        computation: {
          outputs: { scores: halves.first[0] },
          updates: Object.fromEntries(halves.kept),
        },
        feeds: () =>
          new Map([
            ["images", images],
            ...step.dropouts.map(
              ({ name, shape, keep }) => [name, dropoutMask(sizeOf(shape), keep, random)] as const,
            ),
          ]),
      },
      {
        computation: {
          outputs: Object.fromEntries(lossNodes),
          updates: Object.fromEntries(nextNodes),
        },
        feeds: () => new Map(Object.entries({ ...labelled, ...rates })),
      },
    ],
    state: new Map([...initialParameters(model, random), ...emptySlots(slots)]),
  };
}

/** Cues, tags and the CRF's target for scores [N, labels, h, w]. */
function labelFeeds(scores: Shape): Record<string, Float32Array> {
  const [batchSize, labels, height, width] = scores;
  const places = height * width;
  const size = sizeOf(scores);
  const labelOf = (i: number): number => Math.floor(i / places) % labels;
  const filled = (length: number, value: (i: number) => number): Float32Array =>
    Float32Array.from({ length }, (_, i) => value(i));
  return {
    cues: filled(size, (i) => ((i % places) % (5 * labels) === 5 * labelOf(i) ? 1 : 0)),
    tags: filled(batchSize * (labels - 1), (i) => (i % 2 === 0 ? 1 : 0)),
    target: filled(size, () => 1 / labels),
  };
}
