/** How `gain run` trains unless it is told otherwise. */
import { paperGuidance } from "../gain/index.ts";
import { segmentationModelFor } from "../nn/index.ts";
import type { SecTrainOptionsInput } from "../segment/index.ts";
import { isOnnxFile, type TrainOptionsInput } from "../train/index.ts";

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
 * SEC starts from the classifier, which knows the classes already. Small data sets are passed over more
 * often, so that there are steps enough to learn from. A classifier in an ONNX file brings its weights.
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
  const isFile = train.model !== undefined && isOnnxFile(train.model);
  const isFromScratch = train.weights === undefined && !isFile;
  const start = isFromScratch ? fromScratch : fromWeights;
  const epochs = train.epochs ?? epochsOf(start, pictures);
  const model = train.model ?? (isFromScratch ? "smallnet" : "squeezenet1_1");
  const classification: TrainOptionsInput = {
    // The masks are what counts here, not the classifier: the paper's weights.
    ...paperGuidance,
    guidance,
    model,
    evaluate: "end",
    ...start.options,
    epochs,
    warmupEpochs: epochs * start.warmupShare,
    ...(pictures < batchSize && { batchSize: pictures }),
    ...train,
  };
  const segmentation: SecTrainOptionsInput = {
    // The trunk of a file has no segmentation network of its own: it must be named, with its weights.
    ...(isFile && sec.model !== undefined
      ? {}
      : { model: segmentationModelFor(model), weights: classifier }),
    ...(isFromScratch && segmentationFromScratch.options),
    epochs: epochsOf(isFromScratch ? segmentationFromScratch : segmentationFromWeights, pictures),
    ...(pictures < batchSize && { batchSize: pictures }),
    ...shared(train),
    ...sec,
  };
  return { train: classification, sec: segmentation };
}

/** That of training, and at least that of SEC. */
const batchSize = 16;

interface Length {
  readonly epochs: number;
  /** More epochs are made of small data sets to reach it. */
  readonly leastSteps: number;
}

/** A last batch of an epoch that is not full is left out. */
const epochsOf = ({ epochs, leastSteps }: Length, pictures: number): number =>
  Math.max(epochs, Math.ceil(leastSteps / Math.max(1, Math.floor(pictures / batchSize))));

interface ClassifierRecipe extends Length {
  /** Share of the epochs without the attention mining loss. */
  readonly warmupShare: number;
  readonly options?: TrainOptionsInput;
}

/** The demo's start and one of its continuations in one run. */
const fromScratch: ClassifierRecipe = {
  epochs: 13,
  leastSteps: 1000,
  warmupShare: 10 / 13,
  options: { inputSize: 96, optimizer: { kind: "adam" }, learningRate: 1e-3, headRateFactor: 1 },
};

/** As the photographs of docs/results.md. */
const fromWeights: ClassifierRecipe = { epochs: 3, leastSteps: 300, warmupShare: 1 / 3 };

const segmentationFromScratch: Length & { readonly options: SecTrainOptionsInput } = {
  epochs: 6,
  leastSteps: 300,
  options: { learningRate: 1e-3, headRateFactor: 1 },
};

const segmentationFromWeights: Length = { epochs: 3, leastSteps: 300 };

/** What both trainings have in common. */
function shared({
  classes,
  seed,
  threads,
  device,
  recompute,
}: TrainOptionsInput): SecTrainOptionsInput {
  return {
    ...(classes !== undefined && { classes }),
    ...(seed !== undefined && { seed }),
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device }),
    ...(recompute !== undefined && { recompute }),
  };
}
