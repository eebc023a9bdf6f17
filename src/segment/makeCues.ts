/** Cues for the training pictures of a data set, from the attention of a trained run. */

import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import {
  type CueHeader,
  DataError,
  type Dataset,
  type LoadFailure,
  readCueHeader,
  readCueSet,
  readDataset,
  type Sample,
} from "../data/index.ts";
import {
  backgroundFromAttention,
  backgroundFromSaliency,
  cueGrid,
  foregroundCells,
} from "../sec/cueGrid.ts";
import { type OpenedRun, openRun, parseOptionsOf } from "../train/index.ts";
import { takeLock } from "../train/runLock.ts";
import { type CueOptions, type CueOptionsInput, cueOptionsSchema } from "./cueOptions.ts";
import { type MadeGrid, PartialGrids } from "./partialGrids.ts";
import { type PictureMaps, pictureMaps, saliencyLayer } from "./pictureMaps.ts";
import { makeCueFolder, writeCueSet } from "./writeCueSet.ts";

export interface MakeCuesOptions {
  /** RUN folder of a classifier. */
  readonly run: string;
  /** A data set, or its path: it is then read with the run's classes. */
  readonly data: string | Dataset;
  /** CUES folder. */
  readonly out: string;
  readonly options?: CueOptionsInput;
  /** Threads of one operator; as many as the machine runs at once by default. */
  readonly threads?: number | undefined;
  /** Ends after the batch at hand; the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called for each picture that cannot be read; it gets no grid. */
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
}

export interface MadeCues {
  /** "complete": there was nothing left to do. */
  readonly status: "done" | "complete";
  /** What `cues.json` says: counts, and ids of pictures that got no cue. */
  readonly header: CueHeader;
}

/**
 * Writes a CUES folder. Started again after it was stopped, whatever way, it goes on where it was
 * and ends with the same bytes; with other options, pictures or parameters it starts anew.
 *
 * @throws {OptionError | RunError | DataError} When options, run or data cannot be used.
 */
export async function makeCues({
  run: runPath,
  data,
  out,
  options: given = {},
  threads = availableParallelism(),
  ...watch
}: MakeCuesOptions): Promise<MadeCues> {
  const options = parseOptionsOf(cueOptionsSchema, "gain cues", given);
  const run = await openRun(runPath);
  const dataset =
    typeof data === "string" ? await readDataset(data, { classes: run.config.classes }) : data;
  requireClasses(run, dataset);
  const digest = await digestOf(run, dataset, options);
  await makeCueFolder(out);
  const release = await takeLock(join(out, "cues.lock"));
  try {
    const finished = await finishedHeader(out);
    if (finished?.digest === digest) return { status: "complete", header: finished };
    const partialFile = join(out, "cues.partial");
    const grids = await fill(partialFile, { run, dataset, options, threads, digest, ...watch });
    const samples = dataset.splits.train;
    const made = samples.flatMap(({ id }, n) => {
      const grid = grids[n];
      return grid === undefined ? [] : [[id, grid] as const];
    });
    if (made.length === 0) throw new DataError(nothingReadable(dataset));
    const written = await writeCueSet(
      out,
      { size: options.size, classes: dataset.classes, grids: new Map(made) },
      {
        source: resolve(runPath),
        data: dataset.root,
        options,
        digest,
        unreadable: samples.filter((_, n) => grids[n] === undefined).map(({ id }) => id),
      },
    );
    await rm(partialFile, { force: true });
    return { status: "done", header: written };
  } finally {
    await release();
  }
}

/** The header of a folder with whole cues. */
async function finishedHeader(folder: string): Promise<CueHeader | undefined> {
  try {
    await readCueSet(folder);
    return await readCueHeader(folder);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/**
 * The grid of a picture.
 *
 * @param maps  On the grid of `options.size`; with saliency if the options ask for it.
 */
export function gridOf(
  { sample, attention, saliency }: PictureMaps,
  { size, foreground, background, backgroundShare, backgroundThreshold }: CueOptions,
): Uint8Array {
  const claims = sample.tags.map((classIndex, t) => ({
    classIndex,
    cells: foregroundCells(attention[t], foreground),
  }));
  const behind =
    background === "saliency" && saliency !== undefined
      ? backgroundFromSaliency(saliency, size, backgroundShare)
      : backgroundFromAttention(attention, size, backgroundThreshold);
  return cueGrid(claims, behind, size);
}

/** Pictures that go through the network at a time. */
const batchSize = 8;

interface Filling extends Pick<MakeCuesOptions, "signal" | "onProgress" | "onFailure"> {
  readonly run: OpenedRun;
  readonly dataset: Dataset;
  readonly options: CueOptions;
  readonly threads: number;
  readonly digest: string;
}

/** Makes what the partial file lacks. @returns  The grids of all training pictures. */
async function fill(file: string, filling: Filling): Promise<MadeGrid[]> {
  const { run, dataset, options, threads, digest, signal, onProgress, onFailure } = filling;
  const { size, scales, flip, background } = options;
  const samples = dataset.splits.train;
  const cells = size * size;
  const partial = await PartialGrids.open(file, { digest, cells, batch: batchSize });
  try {
    const left = samples.slice(partial.done);
    const layer = background === "saliency" ? saliencyLayer(run, options.saliencyLayer) : undefined;
    const batches =
      left.length === 0
        ? []
        : pictureMaps(run, left, { size, scales, flip, saliencyLayer: layer, batchSize, threads });
    for await (const batch of batches) {
      signal?.throwIfAborted();
      for (const failure of batch.failures) onFailure?.(failure);
      const grids = new Map(batch.pictures.map((maps) => [maps.sample, gridOf(maps, options)]));
      await partial.append(batch.samples.map((sample) => grids.get(sample)));
      onProgress?.(partial.done, samples.length);
    }
    return await partial.read();
  } finally {
    await partial.close();
  }
}

function requireClasses({ config: { classes }, folder }: OpenedRun, dataset: Dataset): void {
  if (
    classes.length === dataset.classes.length &&
    classes.every((c, i) => c === dataset.classes[i])
  )
    return;
  throw new DataError(
    `${dataset.root}: the classes must be those of ${folder.path}, ${classes.join(", ")}; they are ` +
      `${dataset.classes.join(", ")}. Choose the run's with --classes, or train a run on these.`,
  );
}

function nothingReadable({ root }: Dataset): string {
  return `${root}: the split "train" must have a picture that can be read; none can. Run gain check ${root}.`;
}

/** Of all that the grids follow from, but for the pictures' files themselves. */
async function digestOf(
  { folder, config }: OpenedRun,
  { classes, splits }: Dataset,
  options: CueOptions,
): Promise<string> {
  const pictures = splits.train.map(({ id, tags }: Sample) => [id, tags]);
  const { layer, device } = config.options;
  return createHash("sha256")
    .update(await readFile(folder.checkpointPath))
    .update(JSON.stringify({ layer, device, classes, options, pictures, batchSize }))
    .digest("hex");
}
