/** What a run is, worked out from data and options, or from the folder of one that goes on. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { mayHaveBoxes, withBoxes } from "../data/boxes.ts";
import { type Dataset, readDataset, type Sample } from "../data/index.ts";
import type { ImportedModel, Model, Weights } from "../nn/index.ts";
import { Random } from "../random.ts";
import { version } from "../version.ts";
import { buildModel, configuredModel, isOnnxFile } from "./buildModel.ts";
import { RunError } from "./checkpoint.ts";
import type { RunConfig, TrainOptions, TrainOptionsInput } from "./config.ts";
import { initialWeights } from "./initialWeights.ts";
import { architectureFile, modelOf } from "./openRun.ts";
import { OptionError, parseOptions } from "./parseOptions.ts";
import { lengthOf, preprocessingOf, requireLonger, runtimeVersions } from "./prepare.ts";
import type { RunFolder } from "./runFolder.ts";

export interface PreparedRun {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly model: Model;
  /** Pictures whose masks may be used. */
  readonly supervised: readonly Sample[];
  /** Starting weights; none where the seed, an ONNX model or a checkpoint gives them. */
  readonly weights?: Weights;
  /** What lies in the folder from the start, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
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
    ...absolutePaths(parsed),
  };
  const dataset = await readDataset(data, { classes: options.classes });
  const { classes } = dataset;
  const built = buildModel({ options, classes, inputSize: options.inputSize });
  const bare = built.model;
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
    model: { ...bare, preprocessing: config.preprocessing },
    supervised: await supervisedOf(dataset, options),
    ...filesOf(built.imported),
    ...(initial && { weights: initial.weights }),
  };
}

/** A network from a file lies in the run, so that the file may move. */
const filesOf = (imported: ImportedModel | undefined): Pick<PreparedRun, "files"> =>
  imported === undefined ? {} : { files: new Map([[architectureFile, imported.architecture()]]) };

/** The paths among the options that are given, as they are from anywhere. */
function absolutePaths({ model, weights }: TrainOptionsInput): {
  readonly model?: string;
  readonly weights?: string;
} {
  return {
    ...(model !== undefined && isOnnxFile(model) && { model: resolve(model) }),
    ...(weights !== undefined && { weights: resolve(weights) }),
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
  const isFresh = !(await folder.hasCheckpoint());
  // Until there is a checkpoint, the values of the parameters come from where they came first.
  const model = isFresh ? configuredModel(config).model : await modelOf(folder, config);
  const { weights } = options;
  const initial =
    isFresh && weights !== undefined ? await initialWeights(weights, model) : undefined;
  return {
    config,
    dataset,
    model,
    supervised: await supervisedOf(dataset, options),
    ...(initial && { weights: initial.weights }),
  };
}

/** The run's options with its length as given now, if that is longer. */
function longerOptions(
  folder: RunFolder,
  before: TrainOptions,
  given: TrainOptionsInput,
): TrainOptions {
  const now = parseOptions({ ...before, ...given, ...absolutePaths(given) });
  return requireLonger(folder, before, now);
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

/**
 * The training pictures whose masks or boxes may be used: those that have a tag, one of `maskClasses`
 * where these are given. Files of boxes are not read for that; one may turn out to hold none.
 *
 * @throws {OptionError} When one of them is no class of the data set.
 */
export function supervisable(
  dataset: Dataset,
  maskClasses: readonly string[] | undefined,
): readonly Sample[] {
  const wanted = maskClasses && indicesOf(dataset, maskClasses);
  return dataset.splits.train.filter(
    (sample) =>
      sample.tags.length > 0 &&
      (wanted === undefined || sample.tags.some((tag) => wanted.includes(tag))) &&
      (sample.mask !== undefined || mayHaveBoxes(sample)),
  );
}

/**
 * The pictures whose masks or boxes are used, drawn by the seed; with masks if enough have one. Of the
 * files of boxes only those of drawn pictures are read.
 */
async function supervisedOf(dataset: Dataset, options: TrainOptions): Promise<readonly Sample[]> {
  const { guidance, masks, maskClasses, seed } = options;
  if (guidance !== "extra") return [];
  const able = supervisable(dataset, maskClasses);
  if (masks === "all") return withTruth(able);
  const masked = able.filter(({ mask }) => mask !== undefined);
  const order = new Random(seed)
    .fork("masks")
    .shuffle([...(masked.length >= masks ? masked : able)]);
  const drawn: Sample[] = [];
  for (let next = 0; drawn.length < masks && next < order.length; ) {
    const batch = order.slice(next, next + masks - drawn.length);
    drawn.push(...(await withTruth(batch)));
    next += batch.length;
  }
  if (drawn.length === masks) return drawn;
  const tag = maskClasses === undefined ? "a tag" : `a tag of ${maskClasses.join(", ")}`;
  throw new OptionError(
    `masks: must be at most the ${drawn.length} training pictures of ${dataset.root} that have ${tag} and a mask or boxes; got ${masks}. Lower --masks, or use --masks all.`,
  );
}

/** Those that have a mask, or else boxes, which are read. */
async function withTruth(samples: readonly Sample[]): Promise<readonly Sample[]> {
  const others = await withBoxes(samples.filter(({ mask }) => mask === undefined));
  const boxed = new Map(others.map((sample) => [sample.id, sample]));
  return samples
    .map((sample) => boxed.get(sample.id) ?? sample)
    .filter(({ mask, boxes }) => mask !== undefined || boxes !== undefined);
}

/** @throws {OptionError} When one is no class of the data set. */
function indicesOf({ classes, root }: Dataset, names: readonly string[]): number[] {
  return names.map((name) => {
    const index = classes.indexOf(name);
    if (index >= 0) return index;
    throw new OptionError(
      `maskClasses: must be classes of ${root}, ${classes.join(", ")}; got "${name}".`,
    );
  });
}

function digestOf({ classes, splits }: Dataset): string {
  const train = splits.train.map(({ id, tags, mask }) => [id, tags, mask !== undefined]);
  return createHash("sha256")
    .update(JSON.stringify([classes, train]))
    .digest("hex");
}
