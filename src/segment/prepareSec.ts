/** What a run of SEC is, worked out from data, cues and options, or from its folder. */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type CueWarnings, cuesFor, readCueSet } from "../data/cues/index.ts";
import { type Dataset, readDataset } from "../data/index.ts";
import {
  createSegmentationModel,
  largeFovWeights,
  readWeights,
  type SegmentationModel,
  segmentationModelNames,
  type Weights,
} from "../nn/index.ts";
import type { CueSet } from "../sec/cueSet.ts";
import {
  type InitialWeights,
  lengthOf,
  parseOptionsOf,
  preprocessingOf,
  preprocessingOfFile,
  RunError,
  type RunFolder,
  requireLonger,
  requireModelName,
  runtimeVersions,
} from "../train/index.ts";
import { version } from "../version.ts";
import {
  type CompleteSecOptions,
  completeSecOptionsSchema,
  recipeOf,
  type SecConfig,
  type SecTrainOptions,
  type SecTrainOptionsInput,
  secConfigSchema,
  secOptionsSchema,
} from "./secConfig.ts";

export interface PreparedSec {
  readonly config: SecConfig;
  /** Its split "train" holds the pictures that have a grid of cues. */
  readonly dataset: Dataset;
  readonly model: SegmentationModel;
  /** With the data set's classes. */
  readonly cues: CueSet;
  readonly warnings: CueWarnings;
  /** Starting weights; none where the seed or a checkpoint gives them. */
  readonly weights?: Weights;
}

/** Where pictures and cues lie. */
export interface SecSources {
  readonly data: string;
  readonly cues: string;
  /** List of the pictures that a file of SEC's holds cues of. */
  readonly list?: string | undefined;
}

/**
 * A run that starts.
 *
 * @throws {OptionError | DataError | WeightsError | RangeError} When options, data, cues or weights
 *   cannot be used.
 */
export async function newSec(
  sources: SecSources,
  given: SecTrainOptionsInput,
): Promise<PreparedSec> {
  const parsed = parseSecOptions(given);
  const options: CompleteSecOptions = {
    ...completed({ ...recipeOf(parsed.model), ...parsed }),
    threads: parsed.threads ?? availableParallelism(),
    ...(parsed.weights !== undefined && { weights: resolve(parsed.weights) }),
  };
  requireModelName(options.model, segmentationModelNames);
  const fitted = await readSources(sources, options.classes);
  const { dataset } = fitted;
  const bare = createSegmentationModel(options.model, {
    classes: dataset.classes.length,
    ...(options.inputSize !== undefined && { inputSize: options.inputSize }),
    ...(options.headChannels !== undefined && { headChannels: options.headChannels }),
  });
  const initial = await initialSecWeights(options, bare);
  const config: SecConfig = {
    kind: "segmentation",
    version,
    data: resolve(sources.data),
    cues: resolve(sources.cues),
    dataDigest: digestOf(fitted),
    classes: [...dataset.classes],
    maskValues: dataset.classes.map((_, c) => dataset.maskLabels.indexOf(c + 1)),
    inputSize: bare.inputSize,
    preprocessing: preprocessingOf(options.preprocessing, initial, bare),
    ...lengthOf(options, dataset.splits.train.length),
    options,
    created: new Date().toISOString(),
    runtime: runtimeVersions(),
  };
  return {
    ...fitted,
    config,
    model: segmentationModelOf(config),
    ...(initial && { weights: initial.weights }),
  };
}

/**
 * A run that goes on: with the options of its folder, but perhaps for longer.
 *
 * @throws {RunError | OptionError} When an option, the data or the cues differ from the run's.
 */
export async function resumedSec(
  folder: RunFolder,
  sources: SecSources,
  given: SecTrainOptionsInput,
): Promise<PreparedSec> {
  const before = await folder.readConfigAs("segmentation", secConfigSchema);
  const absolute = given.weights === undefined ? {} : { weights: resolve(given.weights) };
  const now = completed({ ...before.options, ...given, ...absolute });
  const options = requireLonger(folder, before.options, now);
  const fitted = await readSources(sources, before.classes);
  if (digestOf(fitted) !== before.dataDigest) {
    throw new RunError(
      `${sources.cues}: a resumed run must see the pictures, tags and cues that it was started with; these are others. Restore them, delete ${folder.path} to train anew, or choose another --out.`,
    );
  }
  const config = { ...before, options, ...lengthOf(options, fitted.dataset.splits.train.length) };
  const model = segmentationModelOf(config);
  const initial = (await folder.hasCheckpoint())
    ? undefined
    : await initialSecWeights(options, model);
  return { ...fitted, config, model, ...(initial && { weights: initial.weights }) };
}

/** The model that a run trains. */
export function segmentationModelOf(
  config: Pick<SecConfig, "options" | "classes" | "inputSize" | "preprocessing">,
): SegmentationModel {
  const { options, classes, inputSize, preprocessing } = config;
  const { headChannels } = options;
  const model = createSegmentationModel(options.model, {
    classes: classes.length,
    inputSize,
    ...(headChannels !== undefined && { headChannels }),
  });
  return { ...model, preprocessing };
}

const parseSecOptions = (raw: unknown): SecTrainOptions =>
  parseOptionsOf(secOptionsSchema, "gain sec", raw);

const completed = (raw: unknown): CompleteSecOptions =>
  parseOptionsOf(completeSecOptionsSchema, "gain sec", raw);

interface FittedSources {
  readonly dataset: Dataset;
  readonly cues: CueSet;
  readonly warnings: CueWarnings;
}

async function readSources(
  { data, cues: path, list }: SecSources,
  classes: readonly string[] | undefined,
): Promise<FittedSources> {
  const whole = await readDataset(data, { classes });
  const trainIds = whole.splits.train.map(({ id }) => id);
  const { cues, warnings } = cuesFor(whole, await readCueSet(path, { ids: trainIds, list }));
  const train = whole.splits.train.filter(({ id }) => cues.grids.has(id));
  return { dataset: { ...whole, splits: { ...whole.splits, train } }, cues, warnings };
}

async function initialSecWeights(
  { weights: path }: SecTrainOptions,
  model: SegmentationModel,
): Promise<InitialWeights | undefined> {
  if (path === undefined) return undefined;
  const weights = await readWeights(path);
  return {
    weights: largeFovWeights(weights, model, path),
    ...(await preprocessingOfFile(path, weights)),
  };
}

function digestOf({ dataset, cues }: FittedSources): string {
  const hash = createHash("sha256").update(JSON.stringify([dataset.classes, cues.size]));
  for (const { id, tags } of dataset.splits.train) {
    hash.update(JSON.stringify([id, tags])).update(cues.grids.get(id) ?? "");
  }
  return hash.digest("hex");
}
