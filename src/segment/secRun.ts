/** A whole training run of SEC, from pictures and cues to a RUN folder. */
import { CrfPool } from "../crf/index.ts";
import type { CueWarnings } from "../data/cues/index.ts";
import type { Dataset } from "../data/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import type { AlgorithmOptions } from "../runtime/index.ts";
import {
  type LoopState,
  modelFile,
  type RunEvent,
  type RunFolder,
  type RunResult,
  runLoop,
  type ScheduleOptions,
  Trainer,
  type TuningOptions,
} from "../train/index.ts";
import { exportSegmentation } from "./exportSegmentation.ts";
import { newSec, type PreparedSec, resumedSec, type SecSources } from "./prepareSec.ts";
import type { SecConfig, SecTrainOptionsInput } from "./secConfig.ts";
import { secObjective } from "./secObjective.ts";
import { Segmenter } from "./segmenter.ts";

/** What happens in a run, as it happens. */
export type SecEvent = RunEvent<SecConfig>;

/** A run as it stands, for those who look at its masks. */
export interface SecContext {
  readonly folder: RunFolder;
  readonly config: SecConfig;
  readonly dataset: Dataset;
  readonly model: SegmentationModel;
  readonly segmenter: Segmenter;
  readonly step: number;
  readonly signal?: AbortSignal | undefined;
}

export interface SecRunOptions extends SecSources {
  /** RUN folder. */
  readonly out: string;
  readonly options?: SecTrainOptionsInput;
  /** Goes on where the run in `out` stopped, or starts it. */
  readonly resume?: boolean;
  /** How algorithms are chosen; the default ones where nothing is said. */
  readonly tuning?: TuningOptions | undefined;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SecEvent) => void) | undefined;
  /** Called once before training. */
  readonly onWarnings?: ((warnings: CueWarnings) => void) | undefined;
  /** Measures the run; its result becomes a line of `metrics.jsonl`. */
  readonly evaluate?: ((context: SecContext) => Promise<object>) | undefined;
}

/**
 * Trains, or goes on training, a segmentation network on cues. An interrupted run that is resumed
 * ends with the same parameters, bit for bit, as one that was not.
 *
 * @throws {RunError} When the folder holds a run and `resume` is not set, or is being written.
 * @throws {TrainingError} When a loss is not finite; the last checkpoint stays.
 * @throws {OptionError | DataError | WeightsError} When options, data, cues or weights cannot be used.
 */
export function secRun(run: SecRunOptions): Promise<RunResult<SecConfig>> {
  const { out, options = {}, resume = false, tuning, signal, onEvent, onWarnings, evaluate } = run;
  let segmenter: Promise<Segmenter> | undefined;
  const contextOf = async (state: LoopState<PreparedSec>): Promise<SecContext> => {
    const { config, dataset, model } = state.plan;
    // On the trainer's own executor, which holds the parameters: nothing is copied.
    segmenter ??= Segmenter.start(state.trainer.executor, model);
    const { folder, trainer } = state;
    return {
      folder,
      config,
      dataset,
      model,
      segmenter: await segmenter,
      step: trainer.step,
      signal,
    };
  };
  return runLoop<SecConfig, PreparedSec>({
    out,
    resume,
    tuning,
    signal,
    onEvent,
    plan: async (folder, isResumed) => {
      const plan = await (isResumed ? resumedSec(folder, run, options) : newSec(run, options));
      onWarnings?.(plan.warnings);
      return plan;
    },
    start: startSecTrainer,
    evaluate: evaluate && (async (state) => evaluate(await contextOf(state))),
    finish: async ({ folder, trainer, plan: { model, config } }) => {
      const names = model.parameters.map(({ name }) => name);
      const parameters = await trainer.executor.getState(names);
      await exportSegmentation(folder.file(modelFile), model, parameters, config);
    },
  });
}

function startSecTrainer(
  { config: { options, totalSteps }, dataset, model, cues, weights }: PreparedSec,
  algorithms: AlgorithmOptions,
): Promise<Trainer> {
  const { threads = 1, schedule = quarters(totalSteps) } = options;
  const objective = secObjective({
    model,
    cues: cues.grids,
    cueSize: cues.size,
    batchSize: options.batchSize,
    losses: {
      seedWeight: options.seedWeight,
      expandWeight: options.expandWeight,
      constrainWeight: options.constrainWeight,
      foregroundDecay: options.foregroundDecay,
      backgroundDecay: options.backgroundDecay,
    },
    dropout: options.dropout,
    crf: options.crf,
    crfScale: options.crfScale ?? gridScale(model.outputSize),
    recompute: options.recompute,
    startPool: () => new CrfPool({ threads }),
  });
  return Trainer.start({
    objective,
    dataset,
    ...(weights && { weights }),
    steps: totalSteps,
    batchSize: options.batchSize,
    accumulate: options.accumulate,
    optimizer: options.optimizer,
    schedule,
    learningRate: options.learningRate,
    headRateFactor: options.headRateFactor,
    biasRateFactor: options.biasRateFactor,
    augmentation: { flip: options.flip },
    seed: options.seed,
    threads,
    device: options.device,
    algorithms,
  });
}

/** SEC's scale of 12 on its grid of 41 places, whose neighbours lie 8 of 320 pixels apart. */
const gridScale = (places: number): number => (12 * 40) / Math.max(places - 1, 1);

/** SEC's schedule, 2000 of 8000 steps at each rate, for a run of any length. */
const quarters = (steps: number): ScheduleOptions => ({
  kind: "step",
  every: Math.max(1, Math.ceil(steps / 4)),
  factor: 0.1,
});
