/** Training: optimisers, the loop, checkpoints and run folders. */
export { Attender, type PictureAttention } from "./attender.ts";
export {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
export { type RunConfig, type TrainOptions, trainOptionsSchema } from "./config.ts";
export { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";
export { type Metric, RunFolder } from "./runFolder.ts";
export { rateFactor, type ScheduleOptions } from "./schedule.ts";
export { type StepReport, Trainer, type TrainerOptions, TrainingError } from "./trainer.ts";
