/** The training loop: loads ahead, steps on the runtime's thread, and can stop anywhere. */
import {
  type AugmentationOptions,
  type Batch,
  type Dataset,
  Loader,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import { type GuidanceOptions, type GuidedStep, guide } from "../gain/index.ts";
import { add, input, mul, type Node, sub } from "../graph/index.ts";
import { initialParameters, type Model, type Weights } from "../nn/index.ts";
import { Random } from "../random.ts";
import { type Device, Executor, type Program } from "../runtime/index.ts";
import { sizeOf } from "../shape.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { batchFeeds } from "./feeds.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";
import { Sampler, type SamplerState, type StepPlan } from "./sampler.ts";
import { rateFactor, type ScheduleOptions } from "./schedule.ts";

export interface TrainerOptions {
  readonly model: Model;
  readonly dataset: Dataset;
  readonly guidance: GuidanceOptions;
  /** Pictures whose masks may be used, with guidance "extra". */
  readonly supervised: readonly Sample[];
  /** Starting values; what is not in it is initialised from the seed. */
  readonly weights?: Weights;
  readonly steps: number;
  /** Steps at the start without the attention mining loss. */
  readonly warmupSteps: number;
  readonly batchSize: number;
  /** Pictures with masks added to each batch. */
  readonly supervisedPerStep: number;
  /** Batches whose gradients are averaged before the parameters move. */
  readonly accumulate: number;
  readonly optimizer: OptimizerOptions;
  readonly schedule: ScheduleOptions;
  readonly learningRate: number;
  /** Rate of the head's parameters relative to the others'. */
  readonly headRateFactor: number;
  readonly augmentation: AugmentationOptions;
  /** Of the pictures with masks; as the others by default. */
  readonly supervisedAugmentation?: AugmentationOptions;
  readonly seed: number;
  readonly threads: number;
  readonly device: Device;
}

export interface StepReport {
  /** Number of the step, from 1. */
  readonly step: number;
  /** "loss" and its parts; means over accumulated batches. */
  readonly losses: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
  readonly learningRate: number;
}

/** A step whose result cannot be used. */
export class TrainingError extends Error {
  override name = "TrainingError";
}

/** A compiled step: `run` moves the parameters, or adds to the sums of the gradients. */
interface CompiledStep {
  readonly withMining: boolean;
  readonly step: GuidedStep;
  readonly run: Program;
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
  readonly #stateNames: readonly string[];
  #compiled: Promise<CompiledStep> | undefined;
  #applyGradients: Promise<Program> | undefined;
  #queue: Prepared[] = [];
  #samplerState: SamplerState;
  #step = 0;

  private constructor(options: TrainerOptions, executor: Executor, stateNames: readonly string[]) {
    const { dataset, model, batchSize, augmentation, supervisedAugmentation } = options;
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
        supervised: options.supervised,
        batchSize,
        supervisedPerStep: supervisedPerStep(options),
        augmentation,
        ...(supervisedAugmentation && { supervisedAugmentation }),
      },
      new Random(options.seed).fork("sampler"),
    );
    this.#samplerState = this.#sampler.state;
  }

  /**
   * Loads the model with its starting values; compiles nothing yet.
   *
   * @throws {TrainingError} When the options contradict the data.
   */
  static async start(options: TrainerOptions): Promise<Trainer> {
    checkOptions(options);
    const { model, weights, seed, threads, device } = options;
    const zeros = (shape: readonly number[]) => ({
      shape,
      data: new Float32Array(sizeOf(shape)),
    });
    const initial = initialParameters(model, new Random(seed).fork("parameters"));
    const gradients = new Map(model.parameters.map(({ name, node }) => [name, node]));
    const { slots } = optimizerUpdate(model.parameters, gradients, options.optimizer);
    const state = new Map([
      ...[...initial].map(([name, value]) => [name, weights?.get(name) ?? value] as const),
      ...slots.map(({ name, shape }) => [name, zeros(shape)] as const),
    ]);
    const executor = await Executor.start({ device, threads });
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
    await this.#compiledStep();
  }

  /** Does one step. @throws {TrainingError} When a loss is not finite. */
  async next(): Promise<StepReport> {
    const { steps, learningRate, accumulate, batchSize } = this.#options;
    const compiled = await this.#compiledStep();
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
      const feeds = batchFeeds(compiled.step, plans[i], batch);
      const all = accumulate === 1 ? { ...feeds, ...update } : feeds;
      const results = await compiled.run.run(all, [batch.images]);
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
    await Promise.all([this.#loader.close(), this.executor.close()]);
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

  /** The program of the step that comes next; the warm-up's is unloaded when it is over. */
  async #compiledStep(): Promise<CompiledStep> {
    const { guidance, warmupSteps } = this.#options;
    const withMining = this.#step >= warmupSteps && guidance.guidance !== "none";
    const current = await this.#compiled;
    if (current?.withMining === withMining) return current;
    await current?.run.unload();
    this.#compiled = this.#compile(withMining);
    return this.#compiled;
  }

  async #compile(withMining: boolean): Promise<CompiledStep> {
    const { model, batchSize, accumulate } = this.#options;
    const guidance = withMining
      ? this.#options.guidance
      : { ...this.#options.guidance, miningWeight: 0 };
    const step = guide(model, guidance, {
      images: batchSize,
      supervised: supervisedPerStep(this.#options),
      slots: slotsOf(this.#options),
    });
    const outputs: Record<string, Node> = { ...step.losses };
    const updates =
      accumulate === 1
        ? optimizerUpdate(model.parameters, step.gradients, this.#options.optimizer).updates
        : Object.fromEntries(
            [...step.gradients].map(([name, gradient]) => [
              sumOf(name),
              add(input(sumOf(name), gradient.shape), mul(gradient, 1 / accumulate)),
            ]),
          );
    return { withMining, step, run: await this.executor.compile({ outputs, updates }) };
  }

  /** Moves the parameters by the summed gradients, and sets the sums to zero. */
  #applier(): Promise<Program> {
    const { model, optimizer } = this.#options;
    const sums = new Map(
      model.parameters.map(({ name, shape }) => [name, input(sumOf(name), shape)]),
    );
    const cleared = [...sums].map(([name, sum]) => [sumOf(name), sub(sum, sum)] as const);
    this.#applyGradients ??= this.executor.compile({
      outputs: {},
      updates: {
        ...optimizerUpdate(model.parameters, sums, optimizer).updates,
        ...Object.fromEntries(cleared),
      },
    });
    return this.#applyGradients;
  }

  async #requireFinite(name: string, value: number): Promise<void> {
    if (Number.isFinite(value)) return;
    const tensors = await this.executor.getState(this.#options.model.parameters.map((p) => p.name));
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

const supervisedPerStep = ({ guidance, supervisedPerStep: count }: TrainerOptions): number =>
  guidance.guidance === "extra" ? count : 0;

/** Slots for the classes of an image: one, or as many as any picture has tags. */
function slotsOf({ guidance, dataset }: TrainerOptions): number {
  if (guidance.classesPerImage !== "all") return 1;
  return Math.max(1, ...dataset.splits.train.map(({ tags }) => tags.length));
}

function firstNonFinite(
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): string | undefined {
  for (const [name, { data }] of tensors) {
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return name;
  }
  return undefined;
}

function checkOptions({ dataset, batchSize, guidance, supervised, model }: TrainerOptions): void {
  const count = dataset.splits.train.length;
  if (count < batchSize) {
    throw new TrainingError(
      `${dataset.root}: the split "train" must have at least one batch of ${batchSize} pictures; it has ${count}. Lower --batch-size.`,
    );
  }
  if (dataset.classes.length !== model.classes) {
    throw new TrainingError(
      `model: must have a class for each of the ${dataset.classes.length} of the data; got ${model.classes}.`,
    );
  }
  if (guidance.guidance === "extra" && supervised.length === 0) {
    throw new TrainingError(
      `${dataset.root}: guidance "extra" must have pictures with masks or boxes; the split "train" has none. Add masks, or use --guidance self.`,
    );
  }
}
