/** A whole training run of a classifier, from a data set to a RUN folder. */
import type { Dataset } from "../data/index.ts";
import type { Model } from "../nn/index.ts";
import type { AlgorithmOptions } from "../runtime/index.ts";
import { Attender } from "./attender.ts";
import type { RunConfig, TrainOptionsInput } from "./config.ts";
import { exportModel } from "./exportModel.ts";
import { guidedObjective } from "./guidedObjective.ts";
import { newRun, type PreparedRun, resumedRun } from "./prepareRun.ts";
import type { TuningOptions } from "./runAlgorithms.ts";
import type { RunFolder } from "./runFolder.ts";
import { type LoopState, modelFile, type RunEvent, type RunResult, runLoop } from "./runLoop.ts";
import { Trainer } from "./trainer.ts";

/** What happens in a run, as it happens. */
export type TrainEvent = RunEvent<RunConfig>;

export type TrainRunResult = RunResult<RunConfig>;

/** A run as it stands, for those who look at its attention. */
export interface RunContext {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly model: Model;
  readonly attender: Attender;
  readonly step: number;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainRunOptions {
  /** Path of the data set. */
  readonly data: string;
  /** RUN folder. */
  readonly out: string;
  readonly options?: TrainOptionsInput;
  /** Goes on where the run in `out` stopped, or starts it. */
  readonly resume?: boolean;
  /** How algorithms are chosen; the default ones where nothing is said. */
  readonly tuning?: TuningOptions | undefined;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Measures the run; its result becomes a line of `metrics.jsonl`. */
  readonly evaluate?: ((context: RunContext) => Promise<object>) | undefined;
  /** Called once at the end of a run that was not interrupted, such as for a report. */
  readonly finish?: ((context: RunContext) => Promise<void>) | undefined;
}

/**
 * Trains, or goes on training, and leaves the result in a RUN folder. An interrupted run that is
 * resumed ends with the same parameters, bit for bit, as one that was not.
 *
 * @throws {RunError} When the folder holds a run and `resume` is not set, or is being written.
 * @throws {TrainingError} When a loss is not finite; the last checkpoint stays.
 * @throws {OptionError | DataError | WeightsError} When options, data or weights cannot be used.
 */
export function trainRun(run: TrainRunOptions): Promise<TrainRunResult> {
  const { data, out, options = {}, resume = false, tuning, signal, onEvent } = run;
  const { evaluate, finish } = run;
  let attender: Promise<Attender> | undefined;
  const contextOf = async (state: LoopState<PreparedRun>): Promise<RunContext> => {
    const { config, dataset, model } = state.plan;
    const { layer } = config.options;
    // On the trainer's own executor, which holds the parameters: nothing is copied.
    attender ??= Attender.start(state.trainer.executor, model, {
      ...(layer !== undefined && { layer }),
    });
    const { folder, trainer } = state;
    return { folder, config, dataset, model, attender: await attender, step: trainer.step, signal };
  };
  return runLoop<RunConfig, PreparedRun>({
    out,
    resume,
    tuning,
    signal,
    onEvent,
    plan: (folder, isResumed) =>
      isResumed ? resumedRun(folder, data, options) : newRun(data, options),
    start: startTrainer,
    evaluate: evaluate && (async (state) => evaluate(await contextOf(state))),
    finish: async (state) => {
      const { model, config } = state.plan;
      await finish?.(await contextOf(state));
      const names = model.parameters.map(({ name }) => name);
      const parameters = await state.trainer.executor.getState(names);
      await exportModel(state.folder.file(modelFile), model, parameters, config);
    },
  });
}

async function startTrainer(
  { config, dataset, model, supervised, weights }: PreparedRun,
  algorithms: AlgorithmOptions,
): Promise<Trainer> {
  const { options, totalSteps, warmupSteps } = config;
  const { layer, threads = 1, flip, supervisedFlip, scale, ...rest } = options;
  const objective = guidedObjective({
    model,
    dataset,
    supervised,
    supervisedPerStep: rest.supervisedPerStep,
    batchSize: rest.batchSize,
    warmupSteps,
    recompute: rest.recompute,
    guidance: {
      guidance: rest.guidance,
      ...(layer !== undefined && { layer }),
      ...(rest.miningWeight !== undefined && { miningWeight: rest.miningWeight }),
      extraWeight: rest.extraWeight,
      extraClassificationWeight: rest.extraClassificationWeight,
      counterfactualWeight: rest.counterfactualWeight,
      sigma: rest.sigma,
      slope: rest.slope,
      normalization: rest.normalization,
      normalizationGradient: rest.normalizationGradient,
      weightGradient: rest.weightGradient,
      miningScore: rest.miningScore,
      miningTrains: rest.miningTrains,
      maskedShare: rest.maskedShare,
      classesPerImage: rest.classesPerImage,
    },
  });
  return Trainer.start({
    objective,
    dataset,
    ...(weights && { weights }),
    steps: totalSteps,
    batchSize: rest.batchSize,
    accumulate: rest.accumulate,
    optimizer: rest.optimizer,
    schedule: rest.schedule,
    learningRate: rest.learningRate,
    headRateFactor: rest.headRateFactor,
    augmentation: { flip, scale },
    supervisedAugmentation: { flip: supervisedFlip, scale },
    seed: rest.seed,
    threads,
    device: rest.device,
    algorithms,
  });
}
