/** The library: models, guidance, training and measuring of networks that look where they should. */
export {
  type Box,
  checkDataset,
  DataError,
  type Dataset,
  type DatasetOptions,
  type DatasetReport,
  decodeMask,
  decodePicture,
  Loader,
  type LoaderOptions,
  noAugmentation,
  readDataset,
  type Sample,
  writeSample,
} from "./data/index.ts";
export { AttentionScore } from "./evaluate/attentionScore.ts";
export { averagePrecision, meanAveragePrecision } from "./evaluate/averagePrecision.ts";
export type { EvaluateJson } from "./evaluate/evaluateJson.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate/evaluateRun.ts";
export { type EvaluateSplitOptions, evaluateSplit } from "./evaluate/evaluateSplit.ts";
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
  defineModel,
  fullyConnectedHead,
  type Head,
  type Model,
  type ModelDefinition,
  matchWeights,
  modelNames,
  Net,
  poolingHead,
  readWeights,
  smallnet,
  squeezenet,
  vgg16,
  WeightsError,
} from "./nn/index.ts";
export { Random } from "./random.ts";
export { overlay, writeOverlay } from "./report/overlay.ts";
export type { ReportData } from "./report/reportData.ts";
export { writeReport } from "./report/writeReport.ts";
export { type Device, Executor, RuntimeError } from "./runtime/index.ts";
export { ShapeError } from "./shape.ts";
export {
  Attender,
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
  trainRun,
} from "./train/index.ts";
export { version } from "./version.ts";
