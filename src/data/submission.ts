/** The archive that PASCAL VOC's evaluation server takes, written picture by picture. */

import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Header, Pax } from "tar";
import { vocClasses } from "./classes.ts";
import { encodeIndexedPng } from "./indexedPng.ts";
import type { LabelMap } from "./mask.ts";
import { ProblemError } from "./problem.ts";
import { DataError } from "./types.ts";

/** VOC's segmentation contests: comp5 learns from VOC's own data only, comp6 from any. */
export type Competition = "comp5" | "comp6";

/** Width and height, pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

export interface SubmissionOptions {
  /** The pictures of the test list, in its order. */
  readonly ids: readonly string[];
  /** A picture's mask in VOC's values: 0 background, 1 to 20 the classes. */
  readonly maskOf: (id: string) => Promise<LabelMap>;
  /** A picture's own size, which its mask must have. */
  readonly sizeOf: (id: string) => PixelSize | Promise<PixelSize>;
  readonly competition: Competition;
  /** The archive, `.tgz` or `.tar.gz`; replaced if it is there. */
  readonly out: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** VOC's highest mask value. */
export const lastVocLabel: number = vocClasses.length;

/** Where the server looks for masks. */
export function submissionFolder(competition: Competition): string {
  return `results/VOC2012/Segmentation/${competition}_test_cls`;
}

/**
 * Writes the archive, with one mask in memory at a time; the same masks give the same bytes. It
 * appears when it is whole: after an error, or an abort, what was there before is there still.
 *
 * @throws {DataError} When `out` has another ending, `ids` is empty or holds an id twice, or a mask
 *                     has another size than its picture or a value over 20.
 */
export async function writeSubmission({
  ids,
  maskOf,
  sizeOf,
  competition,
  out,
  signal,
  onProgress,
}: SubmissionOptions): Promise<void> {
  requireEnding(out);
  requireOnce(ids);
  const path = resolve(out);
  const partial = `${path}.${process.pid}.partial`;
  const folder = submissionFolder(competition);
  await mkdir(dirname(path), { recursive: true });
  async function* blocks(): AsyncGenerator<Uint8Array> {
    for (const [i, id] of ids.entries()) {
      signal?.throwIfAborted();
      const mask = await maskOf(id);
      requireMask(id, mask, await sizeOf(id));
      const bytes = encodeIndexedPng(mask.labels, mask.width, mask.height);
      yield* entryBlocks(`${folder}/${id}.png`, bytes);
      onProgress?.(i + 1, ids.length);
    }
    yield new Uint8Array(2 * blockSize);
  }
  try {
    await pipeline(Readable.from(blocks()), createGzip(), createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** A tar file consists of blocks of this many bytes; two empty ones end it. */
const blockSize = 512;

/** VOC 2012's year: entries without a time, or from 1970, make tar warn when it unpacks them. */
const entryTime = new Date("2012-01-01T00:00:00Z");

/** A file of the archive: its header, its bytes, and zeros up to a whole block. */
function* entryBlocks(path: string, bytes: Uint8Array): Generator<Uint8Array> {
  const fields = { path, size: bytes.length, mode: 0o644, uid: 0, gid: 0, mtime: entryTime };
  const header = new Header({ ...fields, type: "File" });
  // A name that is long or not ASCII needs a second header in front.
  if (header.encode()) yield new Pax(fields).encode();
  if (header.block === undefined) throw new Error("internal: a tar header was not encoded");
  yield header.block;
  yield bytes;
  yield new Uint8Array(-bytes.length & (blockSize - 1));
}

function requireEnding(out: string): void {
  if (/\.(tgz|tar\.gz)$/.test(out)) return;
  throw new DataError(
    `submission: out must end in .tgz or .tar.gz, which is all that VOC's server takes; got "${out}". ` +
      `Name it ${out.replace(/\.(tar|zip|gz)$/, "")}.tgz.`,
  );
}

/** @throws {DataError} When the list of pictures is empty or names one twice. */
export function requireOnce(ids: readonly string[]): void {
  if (ids.length === 0) {
    throw new DataError("submission: ids must name the pictures of the test list; got none.");
  }
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined) {
    throw new DataError(
      `submission: ids must name each picture once; got "${twice}" twice. Correct the test list.`,
    );
  }
}

function requireMask(id: string, { width, height, labels }: LabelMap, size: PixelSize): void {
  if (width !== size.width || height !== size.height) {
    throw new ProblemError(
      id,
      `the mask is ${width}x${height} pixels, its picture ${size.width}x${size.height}`,
      "Resize the mask, nearest neighbour, to the picture's own size",
    );
  }
  const bad = labels.findIndex((label) => label > lastVocLabel);
  if (bad < 0) return;
  throw new ProblemError(
    id,
    `the mask has the value ${labels[bad]} at (${bad % width}, ${Math.floor(bad / width)})`,
    `Use VOC's values, 0 for background and 1 to ${lastVocLabel} for the classes, without void`,
  );
}
