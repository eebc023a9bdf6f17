/** What a run is, worked out from data and options, or from the folder of one that goes on. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type Dataset, readDataset, type Sample } from "../data/index.ts";
import { createModel, type Model, modelNames, type Weights } from "../nn/index.ts";
import { Random } from "../random.ts";
import { version } from "../version.ts";
import { RunError } from "./checkpoint.ts";
import type { RunConfig, TrainOptions, TrainOptionsInput } from "./config.ts";
import { initialWeights } from "./initialWeights.ts";
import { modelOf } from "./openRun.ts";
import { OptionError, parseOptions } from "./parseOptions.ts";
import {
  lengthOf,
  preprocessingOf,
  requireLonger,
  requireModelName,
  runtimeVersions,
} from "./prepare.ts";
import type { RunFolder } from "./runFolder.ts";

export interface PreparedRun {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly model: Model;
  /** Pictures whose masks may be used. */
  readonly supervised: readonly Sample[];
  /** Starting weights; none where the seed or a checkpoint gives them. */
  readonly weights?: Weights;
}

/**
 * A run that starts.
 *
 * @throws {OptionError | DataError | WeightsError | RangeError} When options, data or weights
 *   cannot be used.
 */
export async function newRun(data: string, given: TrainOptionsInput): Promise<PreparedRun> {
  const parsed = parseOptions(given);
  const options: TrainOptions = {
    ...parsed,
    threads: parsed.threads ?? availableParallelism(),
    ...(parsed.weights !== undefined && { weights: resolve(parsed.weights) }),
  };
  requireModelName(options.model, modelNames);
  const dataset = await readDataset(data, { classes: options.classes });
  const { classes } = dataset;
  const bare = createModel(options.model, {
    classes: classes.length,
    ...(options.inputSize !== undefined && { inputSize: options.inputSize }),
  });
  requireLayer(bare, options);
  const initial =
    options.weights === undefined ? undefined : await initialWeights(options.weights, bare);
  const config: RunConfig = {
    version,
    data: resolve(data),
    dataDigest: digestOf(dataset),
    classes: [...classes],
    inputSize: bare.inputSize,
    preprocessing: preprocessingOf(options.preprocessing, initial, bare),
    ...stepsOf(options, dataset),
    options,
    created: new Date().toISOString(),
    runtime: runtimeVersions(),
  };
  return {
    config,
    dataset,
    model: modelOf(config),
    supervised: supervisedOf(dataset, options),
    ...(initial && { weights: initial.weights }),
  };
}

/**
 * A run that goes on: with the options of its folder, but perhaps for longer.
 *
 * @throws {RunError | OptionError} When an option or the data differs from the run's.
 */
export async function resumedRun(
  folder: RunFolder,
  data: string,
  given: TrainOptionsInput,
): Promise<PreparedRun> {
  const before = await folder.readConfig();
  const options = longerOptions(folder, before.options, given);
  const dataset = await readDataset(data, { classes: before.classes });
  if (digestOf(dataset) !== before.dataDigest) {
    throw new RunError(
      `${dataset.root}: a resumed run must see the training pictures and tags that it was started with; these are others than ${before.data} held. Restore them, or start a new run with --weights ${folder.checkpointPath}.`,
    );
  }
  const config = { ...before, options, ...stepsOf(options, dataset) };
  const needsWeights = options.weights !== undefined && !(await folder.hasCheckpoint());
  const model = modelOf(config);
  const initial = needsWeights ? await initialWeights(options.weights ?? "", model) : undefined;
  return {
    config,
    dataset,
    model,
    supervised: supervisedOf(dataset, options),
    ...(initial && { weights: initial.weights }),
  };
}

/** The run's options with its length as given now, if that is longer. */
function longerOptions(
  folder: RunFolder,
  before: TrainOptions,
  given: TrainOptionsInput,
): TrainOptions {
  const absolute = given.weights === undefined ? {} : { weights: resolve(given.weights) };
  return requireLonger(folder, before, parseOptions({ ...before, ...given, ...absolute }));
}

function stepsOf(
  options: TrainOptions,
  { splits }: Dataset,
): Pick<RunConfig, "stepsPerEpoch" | "totalSteps" | "warmupSteps"> {
  const length = lengthOf(options, splits.train.length);
  return {
    ...length,
    warmupSteps: Math.round(options.warmupEpochs * length.stepsPerEpoch),
  };
}

/** The pictures whose masks or boxes are used, drawn by the seed. */
function supervisedOf({ splits, root }: Dataset, options: TrainOptions): readonly Sample[] {
  const { guidance, masks, seed } = options;
  if (guidance !== "extra") return [];
  const able = splits.train.filter(
    ({ tags, mask, boxes }) =>
      tags.length > 0 && (mask !== undefined || (boxes !== undefined && boxes.length > 0)),
  );
  if (masks === "all") return able;
  if (masks > able.length) {
    throw new OptionError(
      `masks: must be at most the ${able.length} training pictures of ${root} that have a tag and a mask or boxes; got ${masks}. Lower --masks, or use --masks all.`,
    );
  }
  return new Random(seed)
    .fork("masks")
    .shuffle([...able])
    .slice(0, masks);
}

function requireLayer({ name, layers }: Model, { layer }: TrainOptions): void {
  if (layer === undefined || layers.includes(layer)) return;
  throw new OptionError(`layer: must be one of ${layers.join(", ")} for ${name}; got "${layer}".`);
}

function digestOf({ classes, splits }: Dataset): string {
  const train = splits.train.map(({ id, tags, mask }) => [id, tags, mask !== undefined]);
  return createHash("sha256")
    .update(JSON.stringify([classes, train]))
    .digest("hex");
}
