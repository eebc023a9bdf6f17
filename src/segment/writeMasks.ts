/** A folder of masks, one indexed PNG for each picture, that a stopped process can go on with. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  DataError,
  encodeIndexedPng,
  type LabelMap,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import { writeAtomically } from "../train/index.ts";
import { takeLock } from "../train/runLock.ts";
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
  /** Called for each mask that is made; the next one waits for it. */
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

/** Beside the masks: what they are. Written last. */
export const masksFile = "segmentation.json";

/** What the folder will be; there until all masks are. */
const partialFile = "segmentation.partial.json";

export const masksFormat = "guided-attention masks 1";

/**
 * Writes a mask for each sample, with the pixel values that the data set of the run has, and
 * `segmentation.json` last. Started again after it was stopped, it goes on with the pictures that
 * have no mask yet; with another run, other options or other tags it starts anew.
 *
 * @throws {RunError | DataError} When the run or the pictures cannot be used.
 */
export async function writeMasks(options: WriteMasksOptions): Promise<WrittenMasks> {
  const { out, samples, crf = false, useTags = false, onFailure } = options;
  const run = await openSegmentation(options.run);
  const { classes, maskValues } = run.config;
  const made = await mkdir(out, { recursive: true });
  const release = await takeLock(join(out, "masks.lock"));
  try {
    const digest = await digestOf(run, samples, { crf, useTags });
    const known = await knownMasks(out, digest);
    const left = samples.filter(({ id }) => !known.has(`${id}.png`));
    await announce(out, digest);
    let failed = 0;
    await makeMasks(run, left, {
      ...options,
      kept: samples.length - left.length,
      onFailure: (failure) => {
        failed++;
        onFailure?.(failure);
      },
    });
    if (failed === samples.length) throw new DataError(nothingReadable(samples));
    const description = {
      format: masksFormat,
      classes,
      values: maskValues,
      run: resolve(options.run),
      crf,
      useTags,
      pictures: samples.length - failed,
      digest,
    };
    await writeJson(join(out, masksFile), description);
    await rm(join(out, partialFile), { force: true });
    return {
      made: left.length - failed,
      kept: samples.length - left.length,
      classes,
      values: maskValues,
    };
  } finally {
    await release();
    if (made !== undefined) await rm(join(out, "masks.lock"), { force: true });
  }
}

async function makeMasks(
  run: OpenedSegmentation,
  samples: readonly Sample[],
  options: WriteMasksOptions & { readonly kept: number },
): Promise<void> {
  if (samples.length === 0) return;
  const {
    out,
    crf = false,
    useTags = false,
    kept,
    signal,
    onProgress,
    onFailure,
    onMask,
  } = options;
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
      const file = join(out, `${sample.id}.png`);
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
export function valueTable({ maskValues }: Pick<SecConfig, "maskValues">): Uint8Array {
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

/** Names of the masks that a call with the same digest has made. */
async function knownMasks(out: string, digest: string): Promise<ReadonlySet<string>> {
  const digests = await Promise.all(
    [masksFile, partialFile].map((name) => digestIn(join(out, name))),
  );
  if (!digests.includes(digest)) return new Set();
  const names = await readdir(out, { recursive: true });
  return new Set(names.map((name) => name.replaceAll("\\", "/")));
}

/** Says of the folder what it will be, before its first mask is replaced. */
async function announce(out: string, digest: string): Promise<void> {
  await writeJson(join(out, partialFile), { digest });
  await rm(join(out, masksFile), { force: true });
}

async function digestIn(file: string): Promise<string | undefined> {
  if (!(await stat(file).catch(() => undefined))) return undefined;
  try {
    return (JSON.parse(await readFile(file, "utf8")) as { digest?: string }).digest;
  } catch {
    return undefined;
  }
}

const writeJson = (file: string, value: object): Promise<void> =>
  writeAtomically(file, (temporary) => writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`));

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
