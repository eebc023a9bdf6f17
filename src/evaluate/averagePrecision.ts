/** Average precision: how well scores rank the pictures that have a tag above those that do not. */

import { formatShape, ShapeError } from "../shape.ts";
import type { ClassificationResult } from "./evaluateJson.ts";

/**
 * Average precision of one class: the mean of the precision at each positive, in descending order
 * of score, without interpolation.
 *
 *   AP = (1 / P) Σₖ tₖ · (t₁ + … + tₖ) / k,   P = Σₖ tₖ
 *
 * Equal scores keep the order in which they were given.
 *
 * @param scores   One per picture, [N]; only their order counts.
 * @param targets  1 where the picture has the tag, 0 otherwise, [N].
 * @returns        In [0, 1]; `null` when there is no positive, because nothing can be ranked.
 * @throws {ShapeError} When the lengths differ.
 * @throws {RangeError} When a score is NaN.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
): number | null {
  if (scores.length !== targets.length) {
    throw new ShapeError(
      `averagePrecision: scores and targets must have the same length; got ${scores.length} and ` +
        `${targets.length}.`,
    );
  }
  const order = Array.from(scores, (_, i) => i);
  for (const i of order) {
    if (Number.isNaN(scores[i])) {
      throw new RangeError(`averagePrecision: scores must be numbers; got NaN at index ${i}.`);
    }
  }
  order.sort((a, b) => compareDescending(scores[a], scores[b]) || a - b);
  let positives = 0;
  let sum = 0;
  for (const [rank, i] of order.entries()) {
    if (targets[i] > 0) {
      positives++;
      sum += positives / (rank + 1);
    }
  }
  return positives === 0 ? null : sum / positives;
}

/**
 * Average precision of each class, and its mean over the classes that have a positive.
 *
 * @param scores   One per picture and class, [N, C].
 * @param targets  1 where the picture has the tag, 0 otherwise, [N, C]; several per row are fine.
 * @param classes  Names, C of them.
 * @returns        Fractions in [0, 1]. A class without positives has `null` in `AP` and does not
 *                 count in `mAP`.
 * @throws {ShapeError} When the lengths do not fit `classes`.
 * @throws {RangeError} When a score is NaN, or when no class has a positive.
 */
export function meanAveragePrecision(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
  classes: readonly string[],
): ClassificationResult {
  const count = classes.length;
  const images = scores.length / count;
  if (scores.length !== targets.length || !Number.isInteger(images)) {
    throw new ShapeError(
      `meanAveragePrecision: scores and targets must be ${formatShape([images, count])} for ` +
        `${count} classes; got ${scores.length} and ${targets.length} numbers.`,
    );
  }
  const AP: Record<string, number | null> = {};
  const measured: number[] = [];
  for (const [c, name] of classes.entries()) {
    const column = (values: ArrayLike<number>) =>
      Float64Array.from({ length: images }, (_, n) => values[n * count + c]);
    const value = averagePrecision(column(scores), column(targets));
    AP[name] = value;
    if (value !== null) measured.push(value);
  }
  if (measured.length === 0) {
    throw new RangeError(
      `meanAveragePrecision: targets must have a positive; got none in ${images} pictures for ` +
        `${classes.join(", ")}. Evaluate on a split that has tags of these classes.`,
    );
  }
  return { mAP: measured.reduce((sum, value) => sum + value, 0) / measured.length, AP };
}

/** Comparison rather than a difference: two infinite scores are equal. */
function compareDescending(a: number, b: number): number {
  return a > b ? -1 : a < b ? 1 : 0;
}
