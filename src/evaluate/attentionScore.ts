/** Where a classifier looks, measured against pixel masks. */

import { ignoreLabel } from "../data/types.ts";
import { resizeBilinearInto } from "../resizeBilinear.ts";
import { formatShape, ShapeError, sizeOf } from "../shape.ts";
import type { AttentionResult } from "./evaluateJson.ts";

/** The 40 thresholds that are tried: 0.02, 0.04, …, 0.8. */
export const attentionThresholds: readonly number[] = Array.from(
  { length: 40 },
  (_, k) => (k + 1) / 50,
);

/** Index of 0.2, the threshold that is reported beside the best one. */
const fixedThreshold = 9;

/** Compared as float32, so that a map's value equal to a threshold is not above it. */
const comparedThresholds = Float32Array.from(attentionThresholds);

/**
 * Mean intersection over union and energy of attention maps, gathered picture by picture.
 *
 * Each picture's maps are resized to a quarter of the mask's size and compared with every fourth
 * pixel of the mask, starting at the third. A pixel is background where no map is above the
 * threshold, otherwise it belongs to the class with the highest map (the first one of equals).
 * Void pixels are left out. Intersections and unions are summed over all pictures:
 *
 *   IoU(c) = Σₙ |predₙ = c ∧ truthₙ = c| / Σₙ |predₙ = c ∨ truthₙ = c|
 *
 * A class that neither the truth nor the prediction has is left out of the mean. The energy of a
 * picture is the share of its highest maps' sum that lies on objects of any class; a blank map
 * has energy 0.
 */
export class AttentionScore {
  readonly #classes: readonly string[];
  /** Pixels by truth (C + 1), highest map (C), and number of thresholds below it (41). */
  readonly #counts: Float64Array;
  #images = 0;
  #energy = 0;

  /** @param classes  Names, without the background. */
  constructor(classes: readonly string[]) {
    if (classes.length === 0) {
      throw new RangeError("AttentionScore: classes must have at least one name; got none.");
    }
    this.#classes = classes;
    this.#counts = new Float64Array(
      (classes.length + 1) * classes.length * (attentionThresholds.length + 1),
    );
  }

  /** Number of pictures added. */
  get images(): number {
    return this.#images;
  }

  /** Pixels so far by truth (C + 1), highest map (C), and number of thresholds below it (41). */
  get counts(): Float64Array {
    return this.#counts;
  }

  /** Share of the attention that falls on objects, mean over the pictures so far. */
  get energy(): number {
    return this.#energy / this.#images;
  }

  /**
   * Counts one picture.
   *
   * @param maps    Attention maps, [C, height, width], each divided by its own maximum; zero for
   *                classes that are not among the picture's tags.
   * @param height  Of the maps, at the attention layer's resolution.
   * @param width   Of the maps.
   * @param mask    Labels, [size, size]: 0 background, i + 1 class i, 255 void.
   * @param size    Side of the mask, pixels; the network's input size.
   * @throws {ShapeError} When `maps` or `mask` has another length.
   * @throws {RangeError} When a map holds NaN, or the mask another label.
   */
  add(maps: Float32Array, height: number, width: number, mask: Uint8Array, size: number): void {
    const classCount = this.#classes.length;
    checkLength("maps", maps.length, [classCount, height, width]);
    checkLength("mask", mask.length, [size, size]);
    // The length of NumPy's [2::4]: a quarter of every size that 4 divides.
    const side = Math.ceil((size - 2) / 4);
    const truth = quarterMask(mask, size, side, classCount);
    const { best, top } = highestMaps(maps, height, width, side, this.#classes);

    const steps = attentionThresholds.length + 1;
    let onObjects = 0;
    let everywhere = 0;
    for (let i = 0; i < truth.length; i++) {
      const label = truth[i];
      if (label === ignoreLabel) continue;
      everywhere += best[i];
      if (label > 0) onObjects += best[i];
      let below = 0;
      while (below < comparedThresholds.length && best[i] > comparedThresholds[below]) below++;
      this.#counts[(label * classCount + top[i]) * steps + below]++;
    }
    this.#energy += onObjects / Math.max(everywhere, 1e-6);
    this.#images++;
  }

  /**
   * The figures of all pictures so far, at the best threshold.
   *
   * @throws {RangeError} When no picture was added, or all their pixels are void.
   */
  result(): AttentionResult {
    const perThreshold = attentionThresholds.map((_, k) => this.#iouAt(k));
    const means = perThreshold.map(meanIou);
    if (means.some(Number.isNaN)) {
      throw new RangeError(
        `AttentionScore.result: there must be pixels that are not void; got none in ` +
          `${this.#images} pictures. Add pictures with masks first.`,
      );
    }
    const best = means.indexOf(Math.max(...means));
    const names = ["background", ...this.#classes];
    return {
      mIoU: means[best],
      threshold: attentionThresholds[best],
      mIoUAtFixed: {
        threshold: attentionThresholds[fixedThreshold],
        mIoU: means[fixedThreshold],
      },
      energy: this.energy,
      IoU: Object.fromEntries(names.map((name, c) => [name, perThreshold[best][c]])),
    };
  }

  /** The mean intersection over union at each threshold, lowest first; empty without pixels. */
  curve(): readonly { readonly threshold: number; readonly mIoU: number }[] {
    const points = attentionThresholds.map((threshold, k) => ({
      threshold,
      mIoU: meanIou(this.#iouAt(k)),
    }));
    return points.filter(({ mIoU }) => !Number.isNaN(mIoU));
  }

  /** Intersection over union of background and classes at threshold `k`; `null` where 0 / 0. */
  #iouAt(k: number): (number | null)[] {
    const classCount = this.#classes.length;
    const steps = attentionThresholds.length + 1;
    const intersection = new Float64Array(classCount + 1);
    const predicted = new Float64Array(classCount + 1);
    const actual = new Float64Array(classCount + 1);
    for (let label = 0; label <= classCount; label++) {
      for (let c = 0; c < classCount; c++) {
        for (let below = 0; below < steps; below++) {
          const pixels = this.#counts[(label * classCount + c) * steps + below];
          const prediction = below > k ? c + 1 : 0;
          predicted[prediction] += pixels;
          actual[label] += pixels;
          if (prediction === label) intersection[label] += pixels;
        }
      }
    }
    return Array.from(intersection, (both, c) => {
      const union = predicted[c] + actual[c] - both;
      return union === 0 ? null : both / union;
    });
  }
}

/** Mean of the values that are not `null`; NaN when all are. */
function meanIou(values: readonly (number | null)[]): number {
  const measured = values.filter((value) => value !== null);
  return measured.reduce((sum, value) => sum + value, 0) / measured.length;
}

/** Every fourth pixel of the mask from the third on, both ways, [side, side]. */
function quarterMask(mask: Uint8Array, size: number, side: number, classCount: number): Uint8Array {
  const truth = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const label = mask[(4 * y + 2) * size + 4 * x + 2];
      if (label > classCount && label !== ignoreLabel) {
        throw new RangeError(
          `AttentionScore.add: mask must hold labels 0 to ${classCount}, or 255 for void; got ` +
            `${label} at row ${4 * y + 2}, column ${4 * x + 2}.`,
        );
      }
      truth[y * side + x] = label;
    }
  }
  return truth;
}

/** The highest of the resized maps at each pixel, and its class, [side, side]. */
function highestMaps(
  maps: Float32Array,
  height: number,
  width: number,
  side: number,
  classes: readonly string[],
): { best: Float32Array; top: Uint8Array } {
  const best = new Float32Array(side * side);
  const top = new Uint8Array(side * side);
  const resized = new Float32Array(side * side);
  for (const [c, name] of classes.entries()) {
    const map = maps.subarray(c * height * width, (c + 1) * height * width);
    if (map.some(Number.isNaN)) {
      throw new RangeError(
        `AttentionScore.add: maps must be numbers; got NaN in the map of ${name}. Divide a blank ` +
          `map by its maximum plus a small number.`,
      );
    }
    resizeBilinearInto(resized, map, height, width, side, side);
    for (let i = 0; i < resized.length; i++) {
      if (resized[i] > best[i]) {
        best[i] = resized[i];
        top[i] = c;
      }
    }
  }
  return { best, top };
}

function checkLength(argument: string, length: number, shape: readonly number[]): void {
  if (length !== sizeOf(shape)) {
    throw new ShapeError(
      `AttentionScore.add: ${argument} must have the numbers of shape ${formatShape(shape)}; got ` +
        `${length}.`,
    );
  }
}
