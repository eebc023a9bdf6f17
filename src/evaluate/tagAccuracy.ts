/** How often a classifier's decision about a tag is right. */

import { ShapeError } from "../shape.ts";

export interface TagAccuracy {
  /** Pictures that have the tag, and pictures that do not. */
  readonly positives: number;
  readonly negatives: number;
  /** Share of the former that are found; `null` where there is none. */
  readonly recall: number | null;
  /** Share of the latter that are left alone; `null` where there is none. */
  readonly specificity: number | null;
  /** Mean of the two that are not `null`: the share of right decisions where one is missing. */
  readonly accuracy: number;
}

/**
 * Accuracy of one tag at a probability of one half, each side weighted alike.
 *
 *   accuracy = (recall + specificity) / 2,   decision = [σ(s) > 1/2] = [s > 0]
 *
 * (the balanced accuracy of Brodersen et al. 2010; GAIN's table 4 gives plain accuracies of tests
 * that hold one side only, where the two are the same).
 *
 * @param logits   s, one per picture, [N].
 * @param targets  Whether the picture has the tag, [N].
 * @throws {ShapeError} When the lengths differ.
 * @throws {RangeError} When there is no picture, or a score is NaN.
 */
export function tagAccuracy(logits: ArrayLike<number>, targets: ArrayLike<boolean>): TagAccuracy {
  if (logits.length !== targets.length) {
    throw new ShapeError(
      `tagAccuracy: logits and targets must have the same length; got ${logits.length} and ${targets.length}.`,
    );
  }
  const counts = { found: 0, positives: 0, leftAlone: 0, negatives: 0 };
  for (let n = 0; n < logits.length; n++) {
    if (Number.isNaN(logits[n])) {
      throw new RangeError(`tagAccuracy: logits must be numbers; got NaN at index ${n}.`);
    }
    const isPredicted = logits[n] > 0;
    if (targets[n]) {
      counts.positives++;
      if (isPredicted) counts.found++;
    } else {
      counts.negatives++;
      if (!isPredicted) counts.leftAlone++;
    }
  }
  const { found, positives, leftAlone, negatives } = counts;
  const recall = positives === 0 ? null : found / positives;
  const specificity = negatives === 0 ? null : leftAlone / negatives;
  const measured = [recall, specificity].filter((share) => share !== null);
  if (measured.length === 0) {
    throw new RangeError("tagAccuracy: there must be at least one picture; got none.");
  }
  return {
    positives,
    negatives,
    recall,
    specificity,
    accuracy: measured.reduce((sum, share) => sum + share, 0) / measured.length,
  };
}

/**
 * Share of pictures whose highest score is that of one of their own tags (top-1 accuracy).
 *
 * @param logits  [N, C].
 * @param tags    Of each picture, indices of its classes; pictures without any do not count.
 * @throws {ShapeError} When the logits are not C for each picture.
 * @throws {RangeError} When no picture has a tag.
 */
export function topAccuracy(
  logits: ArrayLike<number>,
  tags: readonly (readonly number[])[],
  classes: number,
): number {
  if (logits.length !== tags.length * classes) {
    throw new ShapeError(
      `topAccuracy: logits must be ${classes} for each of ${tags.length} pictures; got ${logits.length}.`,
    );
  }
  let right = 0;
  let counted = 0;
  for (const [n, own] of tags.entries()) {
    if (own.length === 0) continue;
    counted++;
    let top = 0;
    for (let c = 1; c < classes; c++) {
      if (logits[n * classes + c] > logits[n * classes + top]) top = c;
    }
    if (own.includes(top)) right++;
  }
  if (counted === 0) {
    throw new RangeError("topAccuracy: at least one picture must have a tag; none has.");
  }
  return right / counted;
}
