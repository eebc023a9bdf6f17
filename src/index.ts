/**
 * The library: models, guidance, training and measuring of networks that look where they should,
 * and the chain from their attention to masks.
 */
export { type DenseCrfOptions, type DenseCrfProblem, denseCrf, secCrf } from "./crf/index.ts";
export { checkSubmission, type SubmissionReport } from "./data/checkSubmission.ts";
export {
  type Box,
  type BoxFile,
  type BoxSource,
  type Conversion,
  type ConvertFormat,
  type ConvertOptions,
  type CueWarnings,
  checkDataset,
  convertDataset,
  cuesFor,
  DataError,
  type Dataset,
  type DatasetOptions,
  type DatasetReport,
  decodeMask,
  decodePicture,
  type Finding,
  type FindingKind,
  type FixReport,
  fixDataset,
  Loader,
  type LoaderOptions,
  noAugmentation,
  readBoxes,
  readCueSet,
  readDataset,
  type Sample,
  writeSample,
} from "./data/index.ts";
export { type SubmissionOptions, writeSubmission } from "./data/submission.ts";
export { AttentionScore } from "./evaluate/attentionScore.ts";
export { averagePrecision, meanAveragePrecision } from "./evaluate/averagePrecision.ts";
export { BlankMaps, type BlankResult } from "./evaluate/blankMaps.ts";
export {
  type BootstrapOptions,
  bootstrap,
  type Difference,
  type Spread,
} from "./evaluate/bootstrap/bootstrap.ts";
export type { EvaluateJson, MapsResult, SegmentationResult } from "./evaluate/evaluateJson.ts";
export { type EvaluateMasksOptions, evaluateMasks } from "./evaluate/evaluateMasks.ts";
export {
  type EvaluateRunOptions,
  evaluateRun,
  type RunMapsOptions,
} from "./evaluate/evaluateRun.ts";
export {
  type EvaluateSegmentationOptions,
  evaluateSegmentation,
} from "./evaluate/evaluateSegmentation.ts";
export { type EvaluateSplitOptions, evaluateSplit } from "./evaluate/evaluateSplit.ts";
export {
  type FaithfulnessFigures,
  type FaithfulnessOptions,
  FaithfulnessScore,
} from "./evaluate/faithfulness/faithfulnessScore.ts";
export { EnergyGame } from "./evaluate/localization/energyGame.ts";
export {
  type LocalizationFigures,
  LocalizationScore,
} from "./evaluate/localization/localizationScore.ts";
export { MaxBoxAccuracyScore } from "./evaluate/localization/maxBoxAccuracy.ts";
export { type Objects, objectsOf } from "./evaluate/localization/objects.ts";
export { PixelAveragePrecision } from "./evaluate/localization/pixelAveragePrecision.ts";
export { PointingGame } from "./evaluate/localization/pointingGame.ts";
export { type MapsOptions, MapsScore } from "./evaluate/mapsScore.ts";
export type { EvaluationRecord, PictureRecord } from "./evaluate/record/evaluationRecord.ts";
export { type RecordedMaps, readMaps, recordMaps } from "./evaluate/record/mapsRecord.ts";
export { type RecordOptions, recordRun } from "./evaluate/record/recordRun.ts";
export { SegmentationScore } from "./evaluate/segmentationScore.ts";
export {
  attend,
  attendViews,
  attentionMap,
  type BatchShape,
  type CamMethod,
  camMethodNames,
  camMethods,
  type GradientView,
  type GuidanceOptions,
  type GuidedStep,
  guidanceDefaults,
  guide,
  paperGuidance,
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
  type CamView,
  type ClassMaps,
  guidedObjective,
  type ImageForm,
  type Objective,
  type OpenedRun,
  OptionError,
  openRun,
  type PictureAttention,
  type PictureViews,
  RunError,
  Scorer,
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
  ViewAttender,
} from "./train/index.ts";
export { version } from "./version.ts";
