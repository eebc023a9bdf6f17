/** How one look at a picture differs from the picture, as plain data: the mask goes the same way. */

import type { Random } from "../random.ts";
import { DataError } from "./types.ts";

/** First crop, then stretch to the network's input, then mirror left to right. */
export interface Augmentation {
  readonly flip: boolean;
  /** A window in fractions of the picture, [0, 1] from its left top corner; all of it if absent. */
  readonly crop?: Crop;
}

export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface AugmentationOptions {
  /** Probability of a flip. */
  readonly flip?: number;
  /** Range of the window's sides as a share of the picture's, in (0, 1]; [1, 1] is no crop. */
  readonly scale?: readonly [number, number];
  /** Where a window smaller than the picture lies. */
  readonly crop?: "random" | "center";
}

/** A window in whole pixels. */
export interface PixelWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const noAugmentation: Augmentation = { flip: false };

/**
 * Draws four numbers from `random`, whatever the options are.
 *
 * @throws {DataError} When an option is out of its range.
 */
export function drawAugmentation(
  random: Random,
  { flip = 0.5, scale = [1, 1], crop = "random" }: AugmentationOptions = {},
): Augmentation {
  const [low, high] = scale;
  if (!(flip >= 0 && flip <= 1)) {
    throw new DataError(`drawAugmentation: flip must be a probability in [0, 1]; got ${flip}.`);
  }
  if (!(low > 0 && low <= high && high <= 1)) {
    throw new DataError(
      `drawAugmentation: scale must be a range within (0, 1]; got [${low}, ${high}].`,
    );
  }
  const isFlipped = random.uniform() < flip;
  const side = random.uniform(low, high);
  const [x, y] = [random.uniform(), random.uniform()];
  if (side >= 1) return { flip: isFlipped };
  const [left, top] = crop === "center" ? [0.5, 0.5] : [x, y];
  return {
    flip: isFlipped,
    crop: { left: left * (1 - side), top: top * (1 - side), width: side, height: side },
  };
}

/** A crop of a picture of this size, rounded to whole pixels: at least one, none outside. */
export function cropWindow(crop: Crop | undefined, width: number, height: number): PixelWindow {
  if (crop === undefined) return { left: 0, top: 0, width, height };
  const [left, right] = cropSpan(crop.left, crop.width, width);
  const [top, bottom] = cropSpan(crop.top, crop.height, height);
  return { left, top, width: right - left, height: bottom - top };
}

function cropSpan(start: number, length: number, size: number): [number, number] {
  const first = Math.min(Math.max(Math.round(start * size), 0), size - 1);
  const end = Math.min(Math.max(Math.round((start + length) * size), first + 1), size);
  return [first, end];
}
