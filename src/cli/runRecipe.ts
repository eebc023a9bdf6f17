/** How `gain run` trains unless it is told otherwise. */
import { segmentationModelFor } from "../nn/index.ts";
import type { SecTrainOptionsInput } from "../segment/index.ts";
import type { TrainOptionsInput } from "../train/index.ts";

/** What the command line asks for; the recipe fills in the rest. */
export interface RunWishes {
  readonly train: TrainOptionsInput;
  readonly sec: SecTrainOptionsInput;
}

/**
 * The options of both trainings.
 *
 * With weights, a classifier on ImageNet's features for a few epochs. Without, a small network from
 * scratch: first without guidance, since a network that knows nothing has no attention worth guiding.
 * SEC starts from the classifier, which knows the classes already.
 *
 * @param classifier  Path of the classifier's checkpoint, once it is trained.
 * @param pictures    Pictures to train on; a batch has no more of them.
 */
export function runOptions(
  { train, sec }: RunWishes,
  classifier: string,
  pictures: number,
): RunWishes {
  const guidance = train.masks === undefined ? "self" : "extra";
  const isFromScratch = train.weights === undefined;
  const model = train.model ?? (isFromScratch ? "smallnet" : "squeezenet1_1");
  const classification: TrainOptionsInput = {
    guidance,
    model,
    evaluate: "end",
    ...(isFromScratch && fromScratch),
    ...(pictures < batchSize && { batchSize: pictures }),
    ...train,
  };
  const segmentation: SecTrainOptionsInput = {
    model: segmentationModelFor(model),
    weights: classifier,
    ...(isFromScratch && segmentationFromScratch),
    ...(pictures < batchSize && { batchSize: pictures }),
    ...shared(train),
    ...sec,
  };
  return { train: classification, sec: segmentation };
}

/** That of training, and at least that of SEC. */
const batchSize = 16;

/** The demo's start and one of its continuations in one run. */
const fromScratch: TrainOptionsInput = {
  inputSize: 96,
  epochs: 13,
  warmupEpochs: 10,
  optimizer: { kind: "adam" },
  learningRate: 1e-3,
  headRateFactor: 1,
};

const segmentationFromScratch: SecTrainOptionsInput = {
  epochs: 6,
  learningRate: 1e-3,
  headRateFactor: 1,
};

/** What both trainings have in common. */
function shared({ classes, seed, threads, device }: TrainOptionsInput): SecTrainOptionsInput {
  return {
    ...(classes !== undefined && { classes }),
    ...(seed !== undefined && { seed }),
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device }),
  };
}
