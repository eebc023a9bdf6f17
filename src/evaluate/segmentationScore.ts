/** How well predicted masks cover the true ones, as PASCAL VOC measures it. */

import type { LabelMap } from "../data/mask.ts";
import { ProblemError } from "../data/problem.ts";
import { ignoreLabel } from "../data/types.ts";
import type { SegmentationResult } from "./evaluateJson.ts";

/**
 * Mean intersection over union by VOC's rules (VOCevalseg.m of the devkit): one confusion matrix
 * over the pixels of all pictures, void truth left out, and the plain mean over background and
 * classes:
 *
 *   IoU(c) = tp(c) / (gt(c) + res(c) − tp(c)),   mIoU = mean over c of IoU(c)
 *
 * tp counts the pixels of c that are predicted as c, gt the pixels of c, res the pixels predicted
 * as c. A class that neither the truth nor the prediction has is 0 / 0: VOC's own code gives NaN
 * for it and for the mean. Here it is `null` and left out of the mean, so that a part of a data set
 * can be measured; on the whole of VOC there is no such class.
 */
export class SegmentationScore {
  readonly #labels: readonly string[];
  /** Pixels, [truth, prediction]. */
  readonly #counts: Float64Array;
  readonly #voidImages: string[] = [];
  #images = 0;

  /** @param classes  Names, without the background. */
  constructor(classes: readonly string[]) {
    if (classes.length === 0) {
      throw new RangeError("SegmentationScore: classes must have at least one name; got none.");
    }
    this.#labels = ["background", ...classes];
    this.#counts = new Float64Array(this.#labels.length ** 2);
  }

  /** Number of pictures added, those that are all void included. */
  get images(): number {
    return this.#images;
  }

  /** Ids of the pictures whose truth is void everywhere. */
  get voidImages(): readonly string[] {
    return this.#voidImages;
  }

  /** Pixels so far, by truth (rows) and prediction (columns), background first. */
  get confusion(): readonly (readonly number[])[] {
    const size = this.#labels.length;
    return this.#labels.map((_, row) => [...this.#counts.subarray(row * size, (row + 1) * size)]);
  }

  /**
   * Counts one picture; nothing of it when it throws.
   *
   * @param predicted  Labels: 0 background, i + 1 class i; no void, as on VOC's server.
   * @param truth      Labels of the same size; 255 is void and not counted.
   * @param id         The picture's name, for errors and `voidImages`.
   * @throws {DataError} When the sizes differ, or a label stands for no class.
   */
  add(predicted: LabelMap, truth: LabelMap, id: string): void {
    const size = this.#labels.length;
    if (predicted.width !== truth.width || predicted.height !== truth.height) {
      throw new ProblemError(
        id,
        `the prediction is ${predicted.width}x${predicted.height} pixels, its truth ` +
          `${truth.width}x${truth.height}`,
        "Predict at the picture's own size",
      );
    }
    checkLabels(id, "prediction", predicted, size);
    checkLabels(id, "truth", truth, size);
    let counted = 0;
    for (let i = 0; i < truth.labels.length; i++) {
      const label = truth.labels[i];
      if (label === ignoreLabel) continue;
      this.#counts[label * size + predicted.labels[i]]++;
      counted++;
    }
    this.#images++;
    if (counted === 0) this.#voidImages.push(id);
  }

  /**
   * The figures of all pictures so far.
   *
   * @throws {RangeError} When no picture was added, or all their pixels are void.
   */
  result(): SegmentationResult {
    const confusion = this.confusion;
    const truth = confusion.map(sum);
    const predicted = confusion.map((_, c) => sum(confusion.map((row) => row[c])));
    const right = confusion.map((row, c) => row[c]);
    const pixels = sum(truth);
    if (pixels === 0) {
      throw new RangeError(
        `SegmentationScore.result: there must be pixels that are not void; got none in ` +
          `${this.#images} pictures. Add pictures with masks first.`,
      );
    }
    const iou = right.map((both, c) => {
      const union = truth[c] + predicted[c] - both;
      return union === 0 ? null : both / union;
    });
    const measured = iou.filter((value) => value !== null);
    return {
      mIoU: sum(measured) / measured.length,
      IoU: Object.fromEntries(this.#labels.map((name, c) => [name, iou[c]])),
      pixelAccuracy: sum(right) / pixels,
      labels: this.#labels,
      confusion,
      voidImages: [...this.#voidImages],
    };
  }
}

/** Void is legal in the truth alone. */
function checkLabels(
  id: string,
  role: "prediction" | "truth",
  { labels, width, height }: LabelMap,
  size: number,
): void {
  if (labels.length !== width * height) {
    throw new ProblemError(
      id,
      `the ${role} must have width x height labels, and it has ${labels.length} for ${width}x${height}`,
      "Give a label for each pixel",
    );
  }
  const isTruth = role === "truth";
  const bad = labels.findIndex((label) => label >= size && !(isTruth && label === ignoreLabel));
  if (bad < 0) return;
  throw new ProblemError(
    id,
    `the ${role} has the label ${labels[bad]} at (${bad % width}, ${Math.floor(bad / width)})`,
    `Use 0 for background and 1 to ${size - 1} for the classes` +
      (isTruth ? `, ${ignoreLabel} for void` : "; void is for the truth alone"),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
