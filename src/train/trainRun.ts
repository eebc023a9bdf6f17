/** A whole training run, from a data set to a RUN folder; knows no console. */
import { rm } from "node:fs/promises";
import type { Dataset, LoadFailure } from "../data/index.ts";
import type { Model } from "../nn/index.ts";
import { Attender } from "./attender.ts";
import { RunError } from "./checkpoint.ts";
import type { RunConfig, TrainOptionsInput } from "./config.ts";
import { exportModel } from "./exportModel.ts";
import { LossMeter } from "./lossMeter.ts";
import { newRun, type PreparedRun, resumedRun } from "./prepareRun.ts";
import { type Metric, RunFolder } from "./runFolder.ts";
import { type StepReport, Trainer } from "./trainer.ts";

/** What happens in a run, as it happens. */
export type TrainEvent =
  | {
      readonly kind: "start";
      readonly config: RunConfig;
      readonly dataset: Dataset;
      readonly step: number;
    }
  | { readonly kind: "step"; readonly report: StepReport }
  /** A line of `metrics.jsonl`: means over the steps since the line before. */
  | { readonly kind: "log"; readonly metric: Metric }
  | { readonly kind: "evaluation"; readonly metric: Metric }
  | { readonly kind: "checkpoint"; readonly step: number }
  /** A picture that cannot be read; told once. */
  | { readonly kind: "failure"; readonly failure: LoadFailure };

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
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: TrainEvent) => void) | undefined;
  /** Measures the run; its result becomes a line of `metrics.jsonl`. */
  readonly evaluate?: ((context: RunContext) => Promise<object>) | undefined;
  /** Called once at the end of a run that was not interrupted, such as for a report. */
  readonly finish?: ((context: RunContext) => Promise<void>) | undefined;
}

export interface TrainRunResult {
  /** "complete": there was nothing left to do. */
  readonly status: "done" | "complete" | "interrupted";
  readonly step: number;
  readonly config: RunConfig;
  /** Pictures that could not be read. */
  readonly failures: readonly LoadFailure[];
}

/**
 * Trains, or goes on training, and leaves the result in a RUN folder. An interrupted run that is
 * resumed ends with the same parameters, bit for bit, as one that was not.
 *
 * @throws {RunError} When the folder holds a run and `resume` is not set, or is being written.
 * @throws {TrainingError} When a loss is not finite; the last checkpoint stays.
 * @throws {OptionError | DataError | WeightsError} When options, data or weights cannot be used.
 */
export async function trainRun(run: TrainRunOptions): Promise<TrainRunResult> {
  const folder = new RunFolder(run.out);
  const release = await folder.lock();
  try {
    const isResumed = await folder.hasConfig();
    if (isResumed && run.resume !== true) {
      throw new RunError(
        `${folder.path}: holds a run already. Add --resume to go on with it, or choose another --out.`,
      );
    }
    const { data, options = {} } = run;
    const prepared = isResumed
      ? await resumedRun(folder, data, options)
      : await newRun(data, options);
    const { config } = prepared;
    if (isResumed && (await isComplete(folder, config))) {
      return { status: "complete", step: config.totalSteps, config, failures: [] };
    }
    return await new Run(folder, prepared, run).train();
  } finally {
    await release();
  }
}

/** Nothing is left to do once the model, which is written last, is there. */
async function isComplete(folder: RunFolder, { totalSteps }: RunConfig): Promise<boolean> {
  if (!(await folder.has(modelFile)) || !(await folder.hasCheckpoint())) return false;
  const { progress } = await folder.readCheckpoint();
  return progress.step >= totalSteps;
}

const modelFile = "model.onnx";

/** One process's share of a run. */
class Run {
  readonly #folder: RunFolder;
  readonly #prepared: PreparedRun;
  readonly #run: TrainRunOptions;
  readonly #meter: LossMeter;
  #attender: Promise<Attender> | undefined;
  /** Step of the checkpoint on the disk. */
  #saved = -1;
  #toldFailures = 0;

  constructor(folder: RunFolder, prepared: PreparedRun, run: TrainRunOptions) {
    this.#folder = folder;
    this.#prepared = prepared;
    this.#run = run;
    const { batchSize, accumulate } = prepared.config.options;
    this.#meter = new LossMeter(batchSize * accumulate);
  }

  async train(): Promise<TrainRunResult> {
    const { config } = this.#prepared;
    const trainer = await startTrainer(this.#prepared);
    try {
      await this.#start(trainer);
      const isInterrupted = !(await this.#steps(trainer));
      if (isInterrupted) await this.#save(trainer);
      else await this.#finish(trainer);
      return {
        status: isInterrupted ? "interrupted" : "done",
        step: trainer.step,
        config,
        failures: [...trainer.failures.values()],
      };
    } finally {
      await trainer.close();
    }
  }

  async #start(trainer: Trainer): Promise<void> {
    const { config, dataset } = this.#prepared;
    if (await this.#folder.hasCheckpoint()) {
      const checkpoint = await this.#folder.readCheckpoint();
      await trainer.restore(checkpoint);
      this.#saved = checkpoint.progress.step;
    }
    // Nothing is written before it is certain that the run can start.
    await trainer.compile();
    await rm(this.#folder.file(modelFile), { force: true });
    await this.#folder.truncateMetrics(trainer.step);
    await this.#folder.writeConfig(config);
    await this.#save(trainer);
    this.#tell({ kind: "start", config, dataset, step: trainer.step });
  }

  /** @returns  Whether all steps are done. */
  async #steps(trainer: Trainer): Promise<boolean> {
    const { signal } = this.#run;
    const { totalSteps, options } = this.#prepared.config;
    // A run may have been stopped between its checkpoint and the evaluation that was due.
    await this.#evaluateIfDue(trainer);
    while (trainer.step < totalSteps) {
      if (signal?.aborted) return false;
      const report = await trainer.next();
      this.#meter.add(report);
      this.#tell({ kind: "step", report });
      this.#tellFailures(trainer);
      const isLast = report.step === totalSteps;
      if (isLast || report.step % options.logEvery === 0) await this.#log(report);
      if (isLast || report.step % options.checkpointEvery === 0) await this.#save(trainer);
      await this.#evaluateIfDue(trainer);
    }
    return !signal?.aborted;
  }

  async #log({ step, learningRate }: StepReport): Promise<void> {
    const epoch = step / this.#prepared.config.stepsPerEpoch;
    const metric = { step, epoch, ...this.#meter.take(), learningRate };
    await this.#folder.appendMetric(metric);
    this.#tell({ kind: "log", metric });
  }

  async #save(trainer: Trainer): Promise<void> {
    if (this.#saved === trainer.step) return;
    await this.#folder.writeCheckpoint(await trainer.checkpoint());
    this.#saved = trainer.step;
    this.#tell({ kind: "checkpoint", step: trainer.step });
  }

  async #evaluateIfDue(trainer: Trainer): Promise<void> {
    const { evaluate, signal } = this.#run;
    if (evaluate === undefined || !this.#isEvaluationDue(trainer.step)) return;
    if (await this.#isEvaluated(trainer.step)) return;
    try {
      const result = await evaluate(await this.#context(trainer));
      const metric = { step: trainer.step, ...result };
      await this.#folder.appendMetric(metric);
      this.#tell({ kind: "evaluation", metric });
    } catch (error) {
      // An evaluation that is cut short is done again when the run is resumed.
      if (!signal?.aborted) throw error;
      await this.#save(trainer);
    }
  }

  #isEvaluationDue(step: number): boolean {
    const { config, dataset } = this.#prepared;
    const { stepsPerEpoch, totalSteps, options } = config;
    const hasVal = (dataset.splits.val ?? []).length > 0;
    if (!hasVal || options.evaluate === "never" || step === 0) return false;
    if (step === totalSteps) return true;
    return options.evaluate === "epoch" && step % stepsPerEpoch === 0;
  }

  async #isEvaluated(step: number): Promise<boolean> {
    const metrics = await this.#folder.readMetrics();
    return metrics.some((metric) => metric.step === step && "split" in metric);
  }

  async #finish(trainer: Trainer): Promise<void> {
    const { model, config } = this.#prepared;
    if (this.#run.finish !== undefined) await this.#run.finish(await this.#context(trainer));
    const names = model.parameters.map(({ name }) => name);
    const parameters = await trainer.executor.getState(names);
    await exportModel(this.#folder.file(modelFile), model, parameters, config);
  }

  async #context(trainer: Trainer): Promise<RunContext> {
    const { config, dataset, model } = this.#prepared;
    const { layer } = config.options;
    // On the trainer's own executor, which holds the parameters: nothing is copied.
    this.#attender ??= Attender.start(trainer.executor, model, {
      ...(layer !== undefined && { layer }),
    });
    return {
      folder: this.#folder,
      config,
      dataset,
      model,
      attender: await this.#attender,
      step: trainer.step,
      signal: this.#run.signal,
    };
  }

  #tellFailures({ failures }: Trainer): void {
    const news = [...failures.values()].slice(this.#toldFailures);
    for (const failure of news) this.#tell({ kind: "failure", failure });
    this.#toldFailures = failures.size;
  }

  #tell(event: TrainEvent): void {
    this.#run.onEvent?.(event);
  }
}

function startTrainer({
  config,
  dataset,
  model,
  supervised,
  weights,
}: PreparedRun): Promise<Trainer> {
  const { options, totalSteps, warmupSteps } = config;
  const { layer, threads = 1, flip, supervisedFlip, scale, ...rest } = options;
  return Trainer.start({
    model,
    dataset,
    supervised,
    ...(weights && { weights }),
    guidance: {
      guidance: rest.guidance,
      ...(layer !== undefined && { layer }),
      miningWeight: rest.miningWeight,
      extraWeight: rest.extraWeight,
      extraClassificationWeight: rest.extraClassificationWeight,
      sigma: rest.sigma,
      slope: rest.slope,
      normalization: rest.normalization,
      normalizationGradient: rest.normalizationGradient,
      weightGradient: rest.weightGradient,
      miningScore: rest.miningScore,
      maskedShare: rest.maskedShare,
      classesPerImage: rest.classesPerImage,
    },
    steps: totalSteps,
    warmupSteps,
    batchSize: rest.batchSize,
    supervisedPerStep: rest.supervisedPerStep,
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
  });
}
