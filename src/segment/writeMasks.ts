/** A folder of masks, one indexed PNG for each picture, that a stopped process can go on with. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rmdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  DataError,
  decodeMask,
  encodeIndexedPng,
  type LabelMap,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import { illegalLabel } from "../data/mask.ts";
import { takeLock } from "../train/runLock.ts";
import { MaskFolder } from "./maskFolder.ts";
import { type OpenedSegmentation, openSegmentation, startSegmenter } from "./openSegmentation.ts";
import type { SecConfig } from "./secConfig.ts";
import { segmentSamples } from "./segmentSamples.ts";

export interface WriteMasksOptions {
  /** RUN folder of `gain sec`. */
  readonly run: string;
  readonly samples: readonly Sample[];
  /** Folder for the masks, `<id>.png`. */
  readonly out: string;
  /** Whether the run's dense CRF refines the masks. */
  readonly crf?: boolean;
  /** Whether only a picture's tags may occur in its mask. */
  readonly useTags?: boolean;
  /** Threads of one operator, and threads that refine; as many as the machine runs by default. */
  readonly threads?: number;
  /** Ends after the picture at hand; the next call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called for each picture that cannot be read; it gets no mask. */
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
  /** Called for each mask, first for those that are there; the next one waits for it. */
  readonly onMask?: ((sample: Sample, mask: LabelMap, file: string) => Promise<void>) | undefined;
}

export interface WrittenMasks {
  /** Masks that were made now, and those that were there from a call before. */
  readonly made: number;
  readonly kept: number;
  /** Names of the classes, and their pixel values in the masks. */
  readonly classes: readonly string[];
  readonly values: readonly number[];
}

/**
 * Writes a mask for each sample, with the pixel values that the data set of the run has, and
 * `segmentation.json` last. Started again after it was stopped, it goes on with the pictures that
 * have no mask yet; with another run, other options or other tags it starts anew.
 *
 * @throws {RunError | DataError} When the run or the pictures cannot be used, or a mask would replace
 *   a file that is none.
 */
export async function writeMasks(options: WriteMasksOptions): Promise<WrittenMasks> {
  const { out, samples, crf = false, useTags = false, onFailure } = options;
  const run = await openSegmentation(options.run);
  if (samples.length === 0) {
    throw new DataError("segment: there must be at least one picture; got none. Name others.");
  }
  const { classes, maskValues: values } = run.config;
  const isNew = (await mkdir(out, { recursive: true })) !== undefined;
  const release = await takeLock(join(out, "masks.lock"));
  try {
    const digest = await digestOf(run, samples, { crf, useTags });
    const folder = await MaskFolder.open(out, { digest }, samples);
    const there = await Promise.all(samples.map((sample) => folder.has(sample)));
    const kept = samples.filter((_, i) => there[i]);
    const left = samples.filter((_, i) => !there[i]);
    await showKept(folder, kept, options, values);
    let failed = 0;
    await makeMasks(run, folder, left, {
      ...options,
      kept: kept.length,
      onFailure: (failure) => {
        failed++;
        onFailure?.(failure);
      },
    });
    if (failed === samples.length) throw new DataError(nothingReadable(samples));
    await folder.finish({ classes, values, run: resolve(options.run), crf, useTags, digest });
    return { made: left.length - failed, kept: kept.length, classes, values };
  } finally {
    await release();
    // A call that could not start leaves no empty folder; one with files stays.
    if (isNew) await rmdir(out).catch(() => undefined);
  }
}

/** Hands the masks that are there to the caller. */
async function showKept(
  folder: MaskFolder,
  kept: readonly Sample[],
  { onMask, signal }: WriteMasksOptions,
  values: readonly number[],
): Promise<void> {
  if (onMask === undefined) return;
  const labels = new Uint8Array(256).fill(illegalLabel);
  labels[0] = 0;
  for (const [c, value] of values.entries()) labels[value] = c + 1;
  for (const sample of kept) {
    signal?.throwIfAborted();
    const file = folder.file(sample.id);
    await onMask(sample, await decodeMask(file, labels), file);
  }
}

async function makeMasks(
  run: OpenedSegmentation,
  folder: MaskFolder,
  samples: readonly Sample[],
  options: WriteMasksOptions & { readonly kept: number },
): Promise<void> {
  if (samples.length === 0) return;
  const { crf = false, useTags = false, kept, signal, onProgress, onFailure, onMask } = options;
  const { threads = availableParallelism() } = options;
  const values = valueTable(run.config);
  const { segmenter, close } = await startSegmenter(run, { threads });
  let done = kept;
  try {
    const masks = segmentSamples({
      segmenter,
      model: run.model,
      samples,
      crf: crf ? run.config.options.crf : undefined,
      useTags,
      threads,
      signal,
      onFailure,
    });
    for await (const { sample, mask } of masks) {
      const file = folder.file(sample.id);
      await folder.announce(sample);
      await writeMask(file, mask, values);
      await onMask?.(sample, mask, file);
      onProgress?.(++done, kept + samples.length);
      signal?.throwIfAborted();
    }
  } finally {
    await close();
  }
}

/** The pixel value of each label: 0 of the background, then those of the classes. */
function valueTable({ maskValues }: Pick<SecConfig, "maskValues">): Uint8Array {
  const table = new Uint8Array(256);
  for (const [c, value] of maskValues.entries()) table[c + 1] = value;
  return table;
}

async function writeMask(file: string, mask: LabelMap, values: Uint8Array): Promise<void> {
  const labels = mask.labels.map((label) => values[label]);
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  await writeFile(partial, encodeIndexedPng(labels, mask.width, mask.height));
  await rename(partial, file);
}

/** Of all that the masks follow from, but for the pictures' files themselves. */
async function digestOf(
  { folder, config }: OpenedSegmentation,
  samples: readonly Sample[],
  { crf, useTags }: { readonly crf: boolean; readonly useTags: boolean },
): Promise<string> {
  const tags = useTags ? samples.map(({ id, tags: own }) => [id, own]) : [];
  const options = { crf: crf ? config.options.crf : null, values: config.maskValues, tags };
  return createHash("sha256")
    .update(await readFile(folder.checkpointPath))
    .update(JSON.stringify(options))
    .digest("hex");
}

function nothingReadable([first]: readonly Sample[]): string {
  return `${first.image}: none of the pictures can be read. Check the paths, or run gain check on the data set.`;
}
