/** The figures of an evaluation as functions of how often each picture counts. */

import { attentionThresholds } from "../attentionScore.ts";
import type { EvaluationRecord, PictureRecord } from "../record/evaluationRecord.ts";

/** The figures of a whole split. */
export const figureNames = [
  "mAP",
  "attentionMiou",
  "attentionMiouAtFixed",
  "energy",
  "segmentationMiou",
] as const;

export type FigureName = (typeof figureNames)[number];

/** One value for each figure, undefined where nothing is measured. */
export interface FigureSet<T> {
  readonly overall: Readonly<Record<FigureName, T | undefined>>;
  /** Average precision by class. */
  readonly AP: Readonly<Record<string, T | undefined>>;
  /** By class, background first. */
  readonly attentionIou: Readonly<Record<string, T | undefined>>;
  readonly segmentationIou: Readonly<Record<string, T | undefined>>;
}

const steps = attentionThresholds.length;

/** Place of 0.2 among the thresholds. */
const fixedThreshold = attentionThresholds.indexOf(0.2);

/**
 * A row of figures for any weighting of the pictures, from sums that were made once: ranks for the
 * average precisions, intersections and unions for the rest.
 *
 *   IoU(c) = Σₙ wₙ Iₙ(c) / Σₙ wₙ Uₙ(c)
 *
 * A row holds the overall figures, then the classes' average precisions, then the intersections over
 * unions of attention and of masks, background first. NaN stands where nothing is measured.
 */
export class FigureTable {
  readonly classes: readonly string[];
  /** Numbers of a row. */
  readonly width: number;
  readonly #ranks: readonly Ranking[];
  readonly #attention: Overlaps;
  readonly #masks: Overlaps;
  readonly #energies: Float64Array;

  /** @param pictures  Those of the record, in the order in which weights are given. */
  constructor({ classes }: Pick<EvaluationRecord, "classes">, pictures: readonly PictureRecord[]) {
    this.classes = classes;
    this.width = figureNames.length + classes.length + 2 * (classes.length + 1);
    this.#ranks = classes.map((_, c) => rankingOf(pictures, c));
    this.#attention = overlapsOf(pictures, classes.length + 1, steps, addAttention);
    this.#masks = overlapsOf(pictures, classes.length + 1, 1, addConfusion);
    this.#energies = Float64Array.from(
      pictures,
      ({ attention }) => attention?.energy ?? Number.NaN,
    );
  }

  /**
   * The figures.
   *
   * @param row      Written, [width].
   * @param weights  How often each picture counts.
   */
  rowInto(row: Float64Array, weights: Uint16Array): void {
    const count = this.classes.length;
    const ap = row.subarray(figureNames.length, figureNames.length + count);
    for (let c = 0; c < count; c++) ap[c] = weightedPrecision(this.#ranks[c], weights);
    const attentionIou = row.subarray(figureNames.length + count, this.width - count - 1);
    const attention = bestIouInto(attentionIou, this.#attention, weights);
    const segmentationIou = row.subarray(this.width - count - 1);
    const masks = bestIouInto(segmentationIou, this.#masks, weights);
    row[0] = mean(ap);
    row[1] = attention.best;
    row[2] = attention.means[fixedThreshold];
    row[3] = weightedMean(this.#energies, weights);
    row[4] = masks.best;
  }

  /** A row's places by name. */
  named<T>(at: (place: number) => T | undefined): FigureSet<T> {
    const { classes } = this;
    const [ap, attention] = [figureNames.length, figureNames.length + classes.length];
    const masks = attention + classes.length + 1;
    const labels = ["background", ...classes];
    const overall = figureNames.map((name, i) => [name, at(i)]);
    return {
      overall: Object.fromEntries(overall) as Record<FigureName, T | undefined>,
      AP: Object.fromEntries(classes.map((name, c) => [name, at(ap + c)])),
      attentionIou: Object.fromEntries(labels.map((name, c) => [name, at(attention + c)])),
      segmentationIou: Object.fromEntries(labels.map((name, c) => [name, at(masks + c)])),
    };
  }
}

/** The pictures of one class by descending score. */
interface Ranking {
  readonly order: Uint32Array;
  /** 1 where the picture has the tag, in that order. */
  readonly isPositive: Uint8Array;
}

/** Equal scores keep the pictures' order, as in `averagePrecision`. */
function rankingOf(pictures: readonly PictureRecord[], classIndex: number): Ranking {
  const ranked = pictures.flatMap(({ logits, tags }, n) =>
    logits === undefined ? [] : [{ n, score: logits[classIndex], tags }],
  );
  ranked.sort((a, b) => (a.score > b.score ? -1 : a.score < b.score ? 1 : a.n - b.n));
  return {
    order: Uint32Array.from(ranked, ({ n }) => n),
    isPositive: Uint8Array.from(ranked, ({ tags }) => (tags.includes(classIndex) ? 1 : 0)),
  };
}

/** Average precision when each picture counts as often as its weight says; NaN without positives. */
function weightedPrecision({ order, isPositive }: Ranking, weights: Uint16Array): number {
  let seen = 0;
  let positives = 0;
  let sum = 0;
  for (let i = 0; i < order.length; i++) {
    const copies = weights[order[i]];
    if (isPositive[i] === 0) {
      seen += copies;
      continue;
    }
    for (let copy = 0; copy < copies; copy++) sum += ++positives / ++seen;
  }
  return positives === 0 ? Number.NaN : sum / positives;
}

/** Intersections and unions of pictures, of the labels that occur in each. */
interface Overlaps {
  readonly labels: number;
  /** Thresholds. */
  readonly depth: number;
  /** First entry of each picture, and the number of all. */
  readonly starts: Uint32Array;
  /** Label of each entry. */
  readonly label: Uint32Array;
  /** Of each entry: intersections at each threshold, then unions, pixels. */
  readonly pixels: Float64Array;
}

/** Adds a picture's pixels, [labels, 2, depth]; does nothing where it has none. */
type AddPixels = (sums: Float64Array, picture: PictureRecord) => void;

function overlapsOf(
  pictures: readonly PictureRecord[],
  labels: number,
  depth: number,
  add: AddPixels,
): Overlaps {
  const starts = new Uint32Array(pictures.length + 1);
  const label: number[] = [];
  const entries: Float64Array[] = [];
  for (const [n, picture] of pictures.entries()) {
    const sums = new Float64Array(labels * 2 * depth);
    add(sums, picture);
    for (let c = 0; c < labels; c++) {
      const own = sums.subarray(2 * depth * c, 2 * depth * (c + 1));
      if (own.every((pixels) => pixels === 0)) continue;
      label.push(c);
      entries.push(own);
    }
    starts[n + 1] = label.length;
  }
  const pixels = new Float64Array(entries.length * 2 * depth);
  for (const [e, own] of entries.entries()) pixels.set(own, e * 2 * depth);
  return { labels, depth, starts, label: Uint32Array.from(label), pixels };
}

/** A pixel is background at the thresholds that its highest map is not above. */
const addAttention: AddPixels = (sums, { attention }) => {
  for (const [truth, map, ...pixels] of attention?.pixels ?? []) {
    for (const [below, count] of pixels.entries()) {
      for (let k = 0; k < steps && count > 0; k++) {
        addPixels(sums, truth, below > k ? map : 0, k, steps, count);
      }
    }
  }
};

const addConfusion: AddPixels = (sums, { confusion = [] }) => {
  for (const [truth, predicted, count] of confusion) addPixels(sums, truth, predicted, 0, 1, count);
};

function addPixels(
  sums: Float64Array,
  truth: number,
  predicted: number,
  k: number,
  depth: number,
  count: number,
): void {
  sums[2 * depth * truth + depth + k] += count;
  if (truth === predicted) sums[2 * depth * truth + k] += count;
  else sums[2 * depth * predicted + depth + k] += count;
}

/**
 * The mean intersection over union at each threshold and at the best one, of which the labels' own are
 * written.
 */
function bestIouInto(
  iou: Float64Array,
  { labels, depth, starts, label, pixels }: Overlaps,
  weights: Uint16Array,
): { best: number; means: Float64Array } {
  const size = 2 * depth;
  const sums = new Float64Array(labels * size);
  for (let n = 0; n < weights.length; n++) {
    const weight = weights[n];
    if (weight === 0) continue;
    for (let e = starts[n]; e < starts[n + 1]; e++) {
      const to = label[e] * size;
      const from = e * size;
      for (let i = 0; i < size; i++) sums[to + i] += weight * pixels[from + i];
    }
  }
  const means = new Float64Array(depth);
  for (let k = 0; k < depth; k++) {
    let total = 0;
    let measured = 0;
    for (let c = 0; c < labels; c++) {
      const union = sums[c * size + depth + k];
      if (union === 0) continue;
      total += sums[c * size + k] / union;
      measured++;
    }
    means[k] = measured === 0 ? Number.NaN : total / measured;
  }
  let best = 0;
  for (let k = 1; k < depth; k++) if (means[k] > means[best]) best = k;
  for (let c = 0; c < labels; c++) {
    iou[c] = sums[c * size + best] / sums[c * size + depth + best];
  }
  return { best: means[best], means };
}

/** Mean of the values that are numbers; NaN when none is. */
function mean(values: Float64Array): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? Number.NaN : sum / count;
}

function weightedMean(values: Float64Array, weights: Uint16Array): number {
  let sum = 0;
  let total = 0;
  for (let n = 0; n < values.length; n++) {
    if (Number.isNaN(values[n])) continue;
    sum += weights[n] * values[n];
    total += weights[n];
  }
  return total === 0 ? Number.NaN : sum / total;
}
