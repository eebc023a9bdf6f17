/** Training: optimisers, the loop, checkpoints and run folders. */
export { Attender, type PictureAttention } from "./attender.ts";
export {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
export {
  type RunConfig,
  type TrainOptions,
  type TrainOptionsInput,
  trainOptionsSchema,
} from "./config.ts";
export { exportModel } from "./exportModel.ts";
export { type AttenderOptions, type OpenedRun, openRun, startAttender } from "./openRun.ts";
export { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";
export { closestNames, OptionError, optionNames, parseOptions } from "./parseOptions.ts";
export { type Metric, RunFolder } from "./runFolder.ts";
export { rateFactor, type ScheduleOptions } from "./schedule.ts";
export { type StepReport, Trainer, type TrainerOptions, TrainingError } from "./trainer.ts";
export {
  type RunContext,
  type TrainEvent,
  type TrainRunOptions,
  type TrainRunResult,
  trainRun,
} from "./trainRun.ts";
