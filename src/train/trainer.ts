/** The training loop: loads ahead, steps on the runtime's thread, and can stop anywhere. */
import {
  type AugmentationOptions,
  type Batch,
  type Dataset,
  Loader,
  type LoadFailure,
} from "../data/index.ts";
import { add, input, mul, type Node, sub } from "../graph/index.ts";
import { initialParameters, type Weights } from "../nn/index.ts";
import { Random } from "../random.ts";
import { type AlgorithmOptions, type Device, Executor, type Program } from "../runtime/index.ts";
import { sizeOf } from "../shape.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type Objective, type StepPrograms, TrainingError } from "./objective.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";
import { Sampler, type SamplerState, type StepPlan } from "./sampler.ts";
import { rateFactor, type ScheduleOptions } from "./schedule.ts";

export interface TrainerOptions {
  readonly objective: Objective;
  readonly dataset: Dataset;
  /** Starting values; what is not in it is initialised from the seed. */
  readonly weights?: Weights;
  readonly steps: number;
  readonly batchSize: number;
  /** Batches whose gradients are averaged before the parameters move. */
  readonly accumulate: number;
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  readonly learningRate: number;
  /** Rate of the head's parameters relative to the others'. */
  readonly headRateFactor: number;
  /** Rate of biases relative to their weights'. */
  readonly biasRateFactor?: number;
  readonly augmentation: AugmentationOptions;
  /** Of the pictures with masks; as the others by default. */
  readonly supervisedAugmentation?: AugmentationOptions;
  readonly seed: number;
  readonly threads: number;
  readonly device: Device;
  /** How convolutions are computed. */
  readonly algorithms?: AlgorithmOptions;
}

export interface StepReport {
  /** Number of the step, from 1. */
  readonly step: number;
  /** "loss" and its parts; means over accumulated batches. */
  readonly losses: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
  readonly learningRate: number;
}

/** The programs of the steps of one phase. */
interface LoadedPhase {
  readonly phase: string;
  readonly programs: StepPrograms;
}

interface Prepared {
  readonly plans: readonly StepPlan[];
  readonly batches: Promise<readonly Batch[]>;
  /** The sampler's state once this step is done. */
  readonly after: SamplerState;
}

/** Decoded pictures that are kept: all of a small data set, which saves a tenth of its time. */
const cacheBytes = 128 * 2 ** 20;

/** Steps that are loaded while one runs. */
const stepsAhead = 3;

export class Trainer {
  readonly executor: Executor;
  /** Pictures that could not be read, by id. */
  readonly failures: Map<string, LoadFailure> = new Map();
  readonly #options: TrainerOptions;
  readonly #loader: Loader;
  readonly #sampler: Sampler;
  /** Source of what the objective draws. */
  readonly #random: Random;
  readonly #stateNames: readonly string[];
  #loaded: Promise<LoadedPhase> | undefined;
  #applyGradients: Promise<Program> | undefined;
  #queue: Prepared[] = [];
  #samplerState: SamplerState;
  #step = 0;

  private constructor(options: TrainerOptions, executor: Executor, stateNames: readonly string[]) {
    const { dataset, objective, batchSize, augmentation, supervisedAugmentation } = options;
    const { model, supervised, supervisedPerStep } = objective;
    this.#options = options;
    this.executor = executor;
    this.#stateNames = stateNames;
    this.#loader = new Loader({
      size: model.inputSize,
      preprocessing: model.preprocessing,
      maskLabels: dataset.maskLabels,
      cacheBytes,
    });
    this.#sampler = new Sampler(
      {
        samples: dataset.splits.train,
        supervised,
        batchSize,
        supervisedPerStep,
        augmentation,
        ...(supervisedAugmentation && { supervisedAugmentation }),
      },
      new Random(options.seed).fork("sampler"),
    );
    this.#random = new Random(options.seed).fork("step");
    this.#samplerState = this.#sampler.state;
  }

  /**
   * Loads the model with its starting values; compiles nothing yet.
   *
   * @throws {TrainingError} When the options contradict the data.
   */
  static async start(options: TrainerOptions): Promise<Trainer> {
    checkOptions(options);
    const { objective, weights, seed, threads, device, algorithms = {} } = options;
    const { model } = objective;
    const zeros = (shape: readonly number[]) => ({
      shape,
      data: new Float32Array(sizeOf(shape)),
    });
    const initial = initialParameters(model, new Random(seed).fork("parameters"));
    const gradients = new Map(model.parameters.map(({ name, node }) => [name, node]));
    const { slots } = optimizerNodes(options, gradients);
    const state = new Map([
      ...[...initial].map(([name, value]) => [name, weights?.get(name) ?? value] as const),
      ...slots.map(({ name, shape }) => [name, zeros(shape)] as const),
    ]);
    const executor = await Executor.start({ device, threads, algorithms });
    await executor.setState(state);
    if (options.accumulate > 1) {
      await executor.setState(
        model.parameters.map(({ name, shape }) => [sumOf(name), zeros(shape)]),
      );
    }
    return new Trainer(options, executor, [...state.keys()]);
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** Loads the step that comes next, so that a device or layer that is not there is told early. */
  async compile(): Promise<void> {
    await this.#programs();
  }

  /** Does one step. @throws {TrainingError} When a loss is not finite. */
  async next(): Promise<StepReport> {
    const { steps, learningRate, accumulate, batchSize } = this.#options;
    const programs = await this.#programs();
    const start = performance.now();
    const { plans, batches, after } = this.#take();
    const totals = new Map<string, number>();
    const rate = learningRate * rateFactor(this.#options.schedule, this.#step, steps);
    const update = optimizerFeeds(
      this.#options.optimizer,
      rate,
      this.#options.headRateFactor,
      this.#step,
    );
    for (const [i, batch] of (await batches).entries()) {
      for (const failure of batch.failures) this.failures.set(failure.id, failure);
      const results = await programs.run({
        plan: plans[i],
        batch,
        rates: accumulate === 1 ? update : {},
        random: this.#random.fork(`${this.#step}/${i}`),
      });
      for (const [name, { data }] of results) {
        await this.#requireFinite(name, data[0]);
        totals.set(name, (totals.get(name) ?? 0) + data[0] / accumulate);
      }
    }
    if (accumulate > 1) await (await this.#applier()).run(update);
    this.#samplerState = after;
    this.#step++;
    return {
      step: this.#step,
      losses: Object.fromEntries(totals),
      imagesPerSecond: (accumulate * batchSize * 1000) / (performance.now() - start),
      learningRate: rate,
    };
  }

  /** @throws {TrainingError} When a value is not finite: such a state is not worth keeping. */
  async checkpoint(): Promise<Checkpoint> {
    const tensors = await this.executor.getState(this.#stateNames);
    const broken = firstNonFinite(tensors);
    if (broken !== undefined) {
      throw new TrainingError(
        `step ${this.#step}: ${broken} holds values that are not finite. ${divergenceCure}`,
      );
    }
    return { tensors, progress: { step: this.#step, sampler: this.#samplerState } };
  }

  /** Goes on from a checkpoint of a run with the same options. */
  async restore({ tensors, progress }: Checkpoint): Promise<void> {
    const missing = this.#stateNames.filter((name) => !tensors.has(name));
    if (missing.length > 0) {
      throw new TrainingError(
        `resume: the checkpoint must hold all state of this model and optimiser; it lacks ${missing.join(", ")}. Resume with the options that the run was started with.`,
      );
    }
    await this.executor.setState(tensors);
    this.#queue = [];
    this.#sampler.restore(progress.sampler);
    this.#samplerState = progress.sampler;
    this.#step = progress.step;
  }

  async close(): Promise<void> {
    const { objective } = this.#options;
    await Promise.all([this.#loader.close(), this.executor.close(), objective.close?.()]);
    // Batches that were under way end as rejected; nobody waits for them.
    await Promise.allSettled(this.#queue.map(({ batches }) => batches));
  }

  #take(): Prepared {
    while (this.#queue.length < stepsAhead) this.#queue.push(this.#prepare());
    const [first, ...rest] = this.#queue;
    this.#queue = [...rest, this.#prepare()];
    return first;
  }

  #prepare(): Prepared {
    const plans = Array.from({ length: this.#options.accumulate }, () => this.#sampler.next());
    const batches = Promise.all(plans.map(({ items }) => this.#loader.load(items)));
    batches.catch(() => undefined); // Reported when its step comes.
    return { plans, batches, after: this.#sampler.state };
  }

  /** The programs of the step that comes next; those of the phase before are unloaded. */
  async #programs(): Promise<StepPrograms> {
    const { objective } = this.#options;
    const phase = objective.phaseOf(this.#step);
    const current = await this.#loaded;
    if (current?.phase === phase) return current.programs;
    await current?.programs.unload();
    this.#loaded = objective
      .load(phase, {
        executor: this.executor,
        updatesOf: (gradients) => this.#updatesOf(gradients),
      })
      .then((programs) => ({ phase, programs }));
    return (await this.#loaded).programs;
  }

  #updatesOf(gradients: ReadonlyMap<string, Node>): Readonly<Record<string, Node>> {
    const { accumulate } = this.#options;
    if (accumulate === 1) return optimizerNodes(this.#options, gradients).updates;
    return Object.fromEntries(
      [...gradients].map(([name, gradient]) => [
        sumOf(name),
        add(input(sumOf(name), gradient.shape), mul(gradient, 1 / accumulate)),
      ]),
    );
  }

  /** Moves the parameters by the summed gradients, and sets the sums to zero. */
  #applier(): Promise<Program> {
    const { model } = this.#options.objective;
    const sums = new Map(
      model.parameters.map(({ name, shape }) => [name, input(sumOf(name), shape)]),
    );
    const cleared = [...sums].map(([name, sum]) => [sumOf(name), sub(sum, sum)] as const);
    this.#applyGradients ??= this.executor.compile({
      outputs: {},
      updates: {
        ...optimizerNodes(this.#options, sums).updates,
        ...Object.fromEntries(cleared),
      },
    });
    return this.#applyGradients;
  }

  async #requireFinite(name: string, value: number): Promise<void> {
    if (Number.isFinite(value)) return;
    const tensors = await this.executor.getState(
      this.#options.objective.model.parameters.map((p) => p.name),
    );
    const broken = firstNonFinite(tensors);
    const cause = broken === undefined ? "" : `, and the parameter ${broken} is no longer finite`;
    const loss = name === "loss" ? "the loss" : `the ${name} loss`;
    throw new TrainingError(
      `step ${this.#step + 1}: ${loss} is ${value}${cause}. ${divergenceCure}`,
    );
  }
}

const divergenceCure =
  "The last checkpoint is intact. Lower the learning rate, or look for broken pictures with gain check.";

/** State that holds the sum of a parameter's gradients. */
const sumOf = (parameter: string): string => `${parameter}.gradientSum`;

function optimizerNodes(
  { objective, optimizer, biasRateFactor = 1 }: TrainerOptions,
  gradients: ReadonlyMap<string, Node>,
): ReturnType<typeof optimizerUpdate> {
  const { parameters } = objective.model;
  return optimizerUpdate(parameters, gradients, optimizer, { biasRateFactor });
}

function firstNonFinite(
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): string | undefined {
  for (const [name, { data }] of tensors) {
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return name;
  }
  return undefined;
}

function checkOptions({ dataset, batchSize }: TrainerOptions): void {
  const count = dataset.splits.train.length;
  if (count < batchSize) {
    throw new TrainingError(
      `${dataset.root}: the split "train" must have at least one batch of ${batchSize} pictures; it has ${count}. Lower --batch-size.`,
    );
  }
}
