/** From a list of items to the tensors of one batch; runs on the loader's threads. */

import { type Augmentation, cropWindow } from "./augmentation.ts";
import { readBoxes } from "./boxes.ts";
import { mapLimited } from "./mapLimited.ts";
import { decodeMask, drawBoxes, type LabelMap, requireMaskSize, resampleMask } from "./mask.ts";
import { mirrorRows } from "./mirrorRows.ts";
import { decodePicture } from "./picture.ts";
import { type Problem, ProblemError, problemOf } from "./problem.ts";
import { DataError, ignoreLabel, type Preprocessing, type Sample } from "./types.ts";

/** One picture to load, and how. */
export interface Item {
  readonly sample: Sample;
  readonly augmentation: Augmentation;
  /** Whether the batch shall hold its mask; without, its pixels there are void. */
  readonly withMask: boolean;
}

export interface BatchOptions {
  /** Side of the network's square input S, pixels. */
  readonly size: number;
  readonly preprocessing: Preprocessing;
  /** `Dataset.maskLabels`. */
  readonly maskLabels: Uint8Array;
}

export interface Batch {
  /** Preprocessed, [N, 3, S, S]. */
  readonly images: Float32Array;
  /** Labels, [N, S, S]: 0 background, i + 1 class i, 255 void. Absent if no item wants its mask. */
  readonly masks?: Uint8Array;
  /** Which item fills slot n: n, or where that could not be read, the next readable one. */
  readonly sources: Int32Array;
  readonly failures: readonly LoadFailure[];
}

/** An item that could not be read; `file` is its picture or its mask. */
export interface LoadFailure {
  readonly id: string;
  readonly file: string;
  readonly reason: string;
}

/** An item before its flip. */
export interface Decoded {
  /** RGB, [S, S, 3]. */
  readonly pixels: Uint8Array;
  /** [S, S]. */
  readonly labels?: Uint8Array;
}

/**
 * @param cached  By item, what is known from before; the others are read.
 * @returns       The batch, and what fills its slots before flips (undefined if unreadable).
 * @throws {DataError} When no item can be read.
 */
export async function loadBatch(
  items: readonly Item[],
  { size, preprocessing, maskLabels }: BatchOptions,
  cached: readonly (Decoded | undefined)[] = [],
): Promise<{ batch: Batch; decoded: readonly (Decoded | undefined)[] }> {
  const results = await mapLimited(items, decodesAtATime, async (item, n) => {
    return cached[n] ?? (await decodeItem(item, size, maskLabels).catch(problemOf));
  });
  const failures = results.flatMap((result, n) =>
    "pixels" in result ? [] : [failureOf(items[n], result)],
  );
  const decoded = results.map((result) => ("pixels" in result ? result : undefined));
  if (failures.length === items.length) throw new DataError(nothingReadable(failures));

  const pixelCount = size * size;
  const images = new Float32Array(items.length * 3 * pixelCount);
  const hasMasks = items.some(({ withMask }) => withMask);
  const masks = hasMasks ? new Uint8Array(items.length * pixelCount).fill(ignoreLabel) : undefined;
  const sources = nextReadable(decoded);
  for (const [n, source] of sources.entries()) {
    const { pixels, labels } = decoded[source] ?? { pixels: new Uint8Array(0) };
    const { flip } = items[source].augmentation;
    const image = images.subarray(3 * n * pixelCount, 3 * (n + 1) * pixelCount);
    normalizeInto(image, pixels, size, flip, preprocessing);
    if (masks === undefined || labels === undefined || !items[source].withMask) continue;
    const mask = masks.subarray(n * pixelCount, (n + 1) * pixelCount);
    mask.set(labels);
    if (flip) mirrorRows(mask, size);
  }
  return { batch: { images, ...(masks && { masks }), sources, failures }, decoded };
}

/** As many as keep a thread busy while others wait for the disk. */
const decodesAtATime = 2;

/** The item's crop, stretched to size x size, and its mask if it is wanted. */
async function decodeItem(
  { sample, augmentation: { crop }, withMask }: Item,
  size: number,
  maskLabels: Uint8Array,
): Promise<Decoded> {
  const { pixels, original } = await decodePicture(sample.image, size, size, crop);
  if (!withMask) return { pixels };
  const mask = await supervisionOf(sample, original, maskLabels);
  const window = cropWindow(crop, original.width, original.height);
  return { pixels, labels: resampleMask(mask, size, size, window).labels };
}

/** The sample's mask, or its boxes drawn as one. */
async function supervisionOf(
  sample: Sample,
  original: { readonly width: number; readonly height: number },
  maskLabels: Uint8Array,
): Promise<LabelMap> {
  const { image, mask: source } = sample;
  if (source !== undefined) {
    const mask = await decodeMask(source, maskLabels);
    requireMaskSize(source, mask, original);
    return mask;
  }
  const boxes = await readBoxes(sample);
  if (boxes !== undefined) return drawBoxes(boxes, original.width, original.height);
  throw new ProblemError(image, "the picture has neither mask nor boxes", "Ask for no mask");
}

/** x = (value - mean) / deviation, planes in the order of `channels`; image is [3, S, S]. */
function normalizeInto(
  image: Float32Array,
  pixels: Uint8Array,
  size: number,
  flip: boolean,
  { channels, mean, deviation }: Preprocessing,
): void {
  for (let c = 0, i = 0; c < 3; c++) {
    const channel = channels === "rgb" ? c : 2 - c;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++, i++) {
        const column = flip ? size - 1 - x : x;
        image[i] = (pixels[(y * size + column) * 3 + channel] - mean[c]) / deviation[c];
      }
    }
  }
}

function nextReadable(decoded: readonly (Decoded | undefined)[]): Int32Array {
  const count = decoded.length;
  return Int32Array.from(decoded, (_, n) => {
    let source = n;
    while (decoded[source] === undefined) source = (source + 1) % count;
    return source;
  });
}

function failureOf({ sample }: Item, { file, reason }: Problem): LoadFailure {
  return { id: sample.id, file, reason };
}

function nothingReadable(failures: readonly LoadFailure[]): string {
  if (failures.length === 0) return "loadBatch: items must hold at least one; got none.";
  const [{ file, reason }] = failures;
  if (failures.length === 1) return `${file}: ${reason}. Replace the file, or leave it out.`;
  return (
    `${file}: ${reason}. None of the batch's ${failures.length} pictures can be read: ` +
    "run `gain check` on the data set to list all that is wrong."
  );
}
