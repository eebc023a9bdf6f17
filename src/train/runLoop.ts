/** A run from start to end in its folder, whatever it trains; knows no console. */
import { rm } from "node:fs/promises";
import type { Dataset, LoadFailure } from "../data/index.ts";
import type { AlgorithmOptions, Device } from "../runtime/index.ts";
import { RunError } from "./checkpoint.ts";
import { LossMeter } from "./lossMeter.ts";
import { RunAlgorithms, type TuningOptions } from "./runAlgorithms.ts";
import { type Metric, RunFolder } from "./runFolder.ts";
import type { StepReport, Trainer } from "./trainer.ts";

/** What the loop reads of a run's configuration. */
export interface LoopConfig {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly options: {
    readonly batchSize: number;
    readonly accumulate: number;
    readonly logEvery: number;
    readonly checkpointEvery: number;
    readonly evaluate: "epoch" | "end" | "never";
    readonly device: Device;
    readonly threads?: number | undefined;
  };
}

/** A run worked out from data and options, or from the folder of one that goes on. */
export interface LoopPlan<C extends LoopConfig> {
  readonly config: C;
  readonly dataset: Dataset;
  /** What lies in the folder from the start, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
}

/** What happens in a run, as it happens. */
export type RunEvent<C> =
  | { readonly kind: "start"; readonly config: C; readonly dataset: Dataset; readonly step: number }
  | { readonly kind: "step"; readonly report: StepReport }
  /** A line of `metrics.jsonl`: means over the steps since the line before. */
  | { readonly kind: "log"; readonly metric: Metric }
  | { readonly kind: "evaluation"; readonly metric: Metric }
  | { readonly kind: "checkpoint"; readonly step: number }
  /** A picture that cannot be read; told once. */
  | { readonly kind: "failure"; readonly failure: LoadFailure };

export interface RunResult<C> {
  /** "complete": there was nothing left to do. */
  readonly status: "done" | "complete" | "interrupted";
  readonly step: number;
  readonly config: C;
  /** Pictures that could not be read. */
  readonly failures: readonly LoadFailure[];
}

/** A run as it stands. */
export interface LoopState<P> {
  readonly folder: RunFolder;
  readonly plan: P;
  readonly trainer: Trainer;
}

export interface RunLoopOptions<C extends LoopConfig, P extends LoopPlan<C>> {
  /** RUN folder. */
  readonly out: string;
  /** Goes on where the run in `out` stopped, or starts it. */
  readonly resume: boolean;
  /** Ends the run after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent<C>) => void) | undefined;
  /** How algorithms are chosen; the default ones where nothing is said. */
  readonly tuning?: TuningOptions | undefined;
  plan(folder: RunFolder, isResumed: boolean): Promise<P>;
  /** @param algorithms  For the trainer's executor. */
  start(plan: P, algorithms: AlgorithmOptions): Promise<Trainer>;
  /** Measures the run; its result becomes a line of `metrics.jsonl`. */
  readonly evaluate?: ((state: LoopState<P>) => Promise<object>) | undefined;
  /** Called once at the end of a run that was not interrupted; writes `model.onnx` last. */
  finish(state: LoopState<P>): Promise<void>;
}

/**
 * Trains, or goes on training, and leaves the result in a RUN folder. An interrupted run that is
 * resumed ends with the same parameters, bit for bit, as one that was not.
 *
 * @throws {RunError} When the folder holds a run and `resume` is not set, or is being written.
 */
export async function runLoop<C extends LoopConfig, P extends LoopPlan<C>>(
  options: RunLoopOptions<C, P>,
): Promise<RunResult<C>> {
  const folder = new RunFolder(options.out);
  const release = await folder.lock();
  try {
    const isResumed = await folder.hasConfig();
    if (isResumed && !options.resume) {
      throw new RunError(
        `${folder.path}: holds a run already. Add --resume to go on with it, or choose another --out.`,
      );
    }
    const plan = await options.plan(folder, isResumed);
    const { config } = plan;
    if (isResumed && (await isComplete(folder, config))) {
      return { status: "complete", step: config.totalSteps, config, failures: [] };
    }
    const { device, threads = 1 } = config.options;
    const { tuning } = options;
    const chosen = await RunAlgorithms.open(folder, { device, threads }, { isResumed, tuning });
    return await new RunLoop(folder, plan, chosen, options).run();
  } finally {
    await release();
  }
}

/** Nothing is left to do once the model, which is written last, is there. */
async function isComplete(folder: RunFolder, { totalSteps }: LoopConfig): Promise<boolean> {
  if (!(await folder.has(modelFile)) || !(await folder.hasCheckpoint())) return false;
  const { progress } = await folder.readCheckpoint();
  return progress.step >= totalSteps;
}

/** What a run writes last. */
export const modelFile = "model.onnx";

/** One process's share of a run. */
class RunLoop<C extends LoopConfig, P extends LoopPlan<C>> {
  readonly #folder: RunFolder;
  readonly #plan: P;
  readonly #algorithms: RunAlgorithms;
  readonly #options: RunLoopOptions<C, P>;
  readonly #meter: LossMeter;
  /** Step of the checkpoint on the disk. */
  #saved = -1;
  #toldFailures = 0;

  constructor(
    folder: RunFolder,
    plan: P,
    algorithms: RunAlgorithms,
    options: RunLoopOptions<C, P>,
  ) {
    this.#folder = folder;
    this.#plan = plan;
    this.#algorithms = algorithms;
    this.#options = options;
    const { batchSize, accumulate } = plan.config.options;
    this.#meter = new LossMeter(batchSize * accumulate);
  }

  async run(): Promise<RunResult<C>> {
    const { config } = this.#plan;
    const trainer = await this.#options.start(this.#plan, this.#algorithms.options);
    try {
      await this.#start(trainer);
      const isInterrupted = !(await this.#steps(trainer));
      if (isInterrupted) await this.#save(trainer);
      else await this.#options.finish(this.#state(trainer));
      await this.#algorithms.record(trainer.executor);
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
    const { config, dataset, files = new Map() } = this.#plan;
    if (await this.#folder.hasCheckpoint()) {
      const checkpoint = await this.#folder.readCheckpoint();
      await trainer.restore(checkpoint);
      this.#saved = checkpoint.progress.step;
    }
    // Nothing is written before it is certain that the run can start.
    await trainer.compile();
    await rm(this.#folder.file(modelFile), { force: true });
    await this.#folder.truncateMetrics(trainer.step);
    for (const [name, bytes] of files) await this.#folder.writeFile(name, bytes);
    await this.#folder.writeConfig(config);
    await this.#save(trainer);
    this.#tell({ kind: "start", config, dataset, step: trainer.step });
  }

  /** @returns  Whether all steps are done. */
  async #steps(trainer: Trainer): Promise<boolean> {
    const { signal } = this.#options;
    const { totalSteps, options } = this.#plan.config;
    // A run may have been stopped between its checkpoint and the evaluation that was due.
    await this.#evaluateIfDue(trainer);
    while (trainer.step < totalSteps) {
      if (signal?.aborted) return false;
      const report = await trainer.next();
      // A phase that has just begun has chosen for its programs.
      await this.#algorithms.record(trainer.executor);
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
    const epoch = step / this.#plan.config.stepsPerEpoch;
    const metric = { step, epoch, ...this.#meter.take(), learningRate };
    await this.#folder.appendMetric(metric);
    this.#tell({ kind: "log", metric });
  }

  async #save(trainer: Trainer): Promise<void> {
    // First, so that no checkpoint follows from choices that are lost.
    await this.#algorithms.record(trainer.executor);
    if (this.#saved === trainer.step) return;
    await this.#folder.writeCheckpoint(await trainer.checkpoint());
    this.#saved = trainer.step;
    this.#tell({ kind: "checkpoint", step: trainer.step });
  }

  async #evaluateIfDue(trainer: Trainer): Promise<void> {
    const { evaluate, signal } = this.#options;
    if (evaluate === undefined || !this.#isEvaluationDue(trainer.step)) return;
    if (await this.#isEvaluated(trainer.step)) return;
    try {
      const result = await evaluate(this.#state(trainer));
      await this.#algorithms.record(trainer.executor);
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
    const { config, dataset } = this.#plan;
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

  #state(trainer: Trainer): LoopState<P> {
    return { folder: this.#folder, plan: this.#plan, trainer };
  }

  #tellFailures({ failures }: Trainer): void {
    const news = [...failures.values()].slice(this.#toldFailures);
    for (const failure of news) this.#tell({ kind: "failure", failure });
    this.#toldFailures = failures.size;
  }

  #tell(event: RunEvent<C>): void {
    this.#options.onEvent?.(event);
  }
}
