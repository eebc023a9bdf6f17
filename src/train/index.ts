/** Training: optimisers, the loop, checkpoints and run folders. */
export { Attender, type AttenderStart, type PictureAttention } from "./attender.ts";
export { isOnnxFile } from "./buildModel.ts";
export {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
export { type ClassMaps, scaledMap } from "./classMaps.ts";
export {
  optimizerSchema,
  preprocessingSchema,
  type RunConfig,
  scheduleSchema,
  type TrainOptions,
  type TrainOptionsInput,
  trainOptionsSchema,
} from "./config.ts";
export { exportModel } from "./exportModel.ts";
export { type GuidedObjectiveOptions, guidedObjective } from "./guidedObjective.ts";
export {
  type InitialWeights,
  initialWeights,
  preprocessingOfFile,
  preprocessings,
} from "./initialWeights.ts";
export { MaskedScores, type ScoreCamOptions } from "./maskedScores.ts";
export {
  type Objective,
  type ObjectiveContext,
  type StepPrograms,
  type StepWork,
  type TrainedModel,
  TrainingError,
} from "./objective.ts";
export {
  type AttenderOptions,
  modelOf,
  type OpenedRun,
  openRun,
  startAttender,
  startWithParameters,
  trainedParameters,
} from "./openRun.ts";
export { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";
export { paddedBatch } from "./paddedBatch.ts";
export {
  closestNames,
  OptionError,
  optionNames,
  parseOptions,
  parseOptionsOf,
} from "./parseOptions.ts";
export {
  lengthOf,
  preprocessingOf,
  requireLonger,
  requireModelName,
  runtimeVersions,
} from "./prepare.ts";
export { supervisable } from "./prepareRun.ts";
export type { TuningOptions } from "./runAlgorithms.ts";
export { type Metric, RunFolder, type RunKind } from "./runFolder.ts";
export {
  type LoopConfig,
  type LoopPlan,
  type LoopState,
  modelFile,
  type RunEvent,
  type RunResult,
  runLoop,
} from "./runLoop.ts";
export { rateFactor, type ScheduleOptions } from "./schedule.ts";
export { Scorer } from "./scorer.ts";
export { type StepReport, Trainer, type TrainerOptions } from "./trainer.ts";
export {
  type RunContext,
  type TrainEvent,
  type TrainRunOptions,
  type TrainRunResult,
  trainRun,
} from "./trainRun.ts";
export { type CamView, type PictureViews, ViewAttender } from "./viewAttender.ts";
export {
  type ExportOptions,
  forwardOf,
  type ImageForm,
  type ModelFile,
  writeModelFile,
} from "./writeModelFile.ts";
