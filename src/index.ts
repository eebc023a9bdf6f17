/**
 * The library: models, guidance, training and measuring of networks that look where they should,
 * and the chain from their attention to masks.
 */
export { type DenseCrfOptions, type DenseCrfProblem, denseCrf, secCrf } from "./crf/index.ts";
export { checkSubmission, type SubmissionReport } from "./data/checkSubmission.ts";
export {
  type Box,
  type CueWarnings,
  checkDataset,
  cuesFor,
  DataError,
  type Dataset,
  type DatasetOptions,
  type DatasetReport,
  decodeMask,
  decodePicture,
  Loader,
  type LoaderOptions,
  noAugmentation,
  readCueSet,
  readDataset,
  type Sample,
  writeSample,
} from "./data/index.ts";
export { type SubmissionOptions, writeSubmission } from "./data/submission.ts";
export { AttentionScore } from "./evaluate/attentionScore.ts";
export { averagePrecision, meanAveragePrecision } from "./evaluate/averagePrecision.ts";
export type { EvaluateJson, SegmentationResult } from "./evaluate/evaluateJson.ts";
export { type EvaluateMasksOptions, evaluateMasks } from "./evaluate/evaluateMasks.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate/evaluateRun.ts";
export {
  type EvaluateSegmentationOptions,
  evaluateSegmentation,
} from "./evaluate/evaluateSegmentation.ts";
export { type EvaluateSplitOptions, evaluateSplit } from "./evaluate/evaluateSplit.ts";
export { SegmentationScore } from "./evaluate/segmentationScore.ts";
export {
  attend,
  attentionMap,
  type BatchShape,
  type GuidanceOptions,
  type GuidedStep,
  guidanceDefaults,
  guide,
} from "./gain/index.ts";
export {
  createModel,
  createSegmentationModel,
  defineModel,
  fullyConnectedHead,
  type Head,
  type ImportedLayer,
  type ImportedModel,
  type ImportOptions,
  importOnnx,
  type LargeFovOptions,
  type Layer,
  largeFovWeights,
  type Model,
  type ModelDefinition,
  matchWeights,
  modelNames,
  Net,
  poolingHead,
  readWeights,
  type SegmentationModel,
  segmentationModelFor,
  segmentationModelNames,
  smallnet,
  squeezenet,
  vgg16,
  WeightsError,
} from "./nn/index.ts";
export { Random } from "./random.ts";
export { writeConfusionPicture } from "./report/confusionPicture.ts";
export { overlay, writeOverlay } from "./report/overlay.ts";
export type { ReportData } from "./report/reportData.ts";
export { writeReport } from "./report/writeReport.ts";
export { type Device, Executor, RuntimeError } from "./runtime/index.ts";
export {
  constrainLoss,
  expandLoss,
  globalWeightedRankPool,
  type SecStep,
  secProbabilities,
  secStep,
  seedLoss,
} from "./sec/index.ts";
export {
  type CueOptions,
  type ExportedRun,
  type ExportRunOptions,
  exportRun,
  type MakeCuesOptions,
  makeCues,
  openSegmentation,
  type SampleMask,
  type SecRunOptions,
  type SecTrainOptions,
  type SecTrainOptionsInput,
  Segmenter,
  secRun,
  segmentSamples,
  startSegmenter,
  type WriteMasksOptions,
  writeMasks,
} from "./segment/index.ts";
export { ShapeError } from "./shape.ts";
export {
  Attender,
  guidedObjective,
  type ImageForm,
  type Objective,
  type OpenedRun,
  OptionError,
  openRun,
  type PictureAttention,
  RunError,
  startAttender,
  type TrainEvent,
  Trainer,
  type TrainerOptions,
  TrainingError,
  type TrainOptions,
  type TrainOptionsInput,
  type TrainRunOptions,
  type TrainRunResult,
  type TuningOptions,
  trainRun,
} from "./train/index.ts";
export { version } from "./version.ts";
