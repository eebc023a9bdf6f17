/** What a record says of one picture. */

import { resizeBilinear } from "../../resizeBilinear.ts";
import { attentionThresholds } from "../attentionScore.ts";
import type { PictureRecord } from "./evaluationRecord.ts";
import { keptMap, keptMask } from "./pictureRecorder.ts";

/** Places of the classes whose logit is above their threshold. */
export function foundTags({ logits = [] }: PictureRecord, thresholds: readonly number[]): number[] {
  return logits.flatMap((logit, c) => (logit > thresholds[c] ? [c] : []));
}

/**
 * The classification loss of one picture: how wrong, and how sure of it.
 *
 *   mean over c of log(1 + exp(−s_c)) where the picture has c, log(1 + exp(s_c)) where not
 */
export function pictureLoss({ logits, tags }: PictureRecord): number | undefined {
  if (logits === undefined) return undefined;
  const losses = logits.map((logit, c) => softplus(tags.includes(c) ? -logit : logit));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/**
 * Intersection over union of attention and mask in one picture, mean over its tags.
 *
 * @param threshold  One of `attentionThresholds`.
 * @returns          Undefined where the picture has no mask, no tag, or none of both is in it.
 */
export function pictureIou(
  { attention, tags }: PictureRecord,
  threshold: number,
): number | undefined {
  if (attention === undefined) return undefined;
  const k = attentionThresholds.indexOf(threshold);
  const shares = tags.flatMap((tag) => {
    let both = 0;
    let either = 0;
    for (const [truth, map, ...pixels] of attention.pixels) {
      const above = pixels.reduce((sum, count, below) => sum + (below > k ? count : 0), 0);
      const all = pixels.reduce((sum, count) => sum + count, 0);
      const isTrue = truth === tag + 1;
      if (map === tag + 1) {
        if (isTrue) both += above;
        either += isTrue ? all : above;
      } else if (isTrue) either += all;
    }
    return either === 0 ? [] : [both / either];
  });
  if (shares.length === 0) return undefined;
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Intersection over union of a mask and the truth, mean over the labels that one of them has. */
export function maskIou({ confusion }: PictureRecord): number | undefined {
  if (confusion === undefined || confusion.length === 0) return undefined;
  const truths = confusion.map(([truth]) => truth);
  const labels = [...new Set([...truths, ...confusion.map(([, predicted]) => predicted)])];
  const shares = labels.map((label) => {
    const either = confusion.filter(([truth, predicted]) => truth === label || predicted === label);
    const both = either.filter(([truth, predicted]) => truth === predicted);
    return pixelsOf(both) / pixelsOf(either);
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

const pixelsOf = (entries: readonly (readonly number[])[]): number =>
  entries.reduce((sum, [, , pixels]) => sum + pixels, 0);

/** Share of the pixels that two runs give the same label; undefined where a mask is missing. */
export function maskAgreement(one: PictureRecord, other: PictureRecord): number | undefined {
  if (one.mask === undefined || other.mask === undefined) return undefined;
  const [a, b] = [keptMask(one.mask).labels, keptMask(other.mask).labels];
  if (a.length !== b.length) return undefined;
  return a.filter((label, i) => label === b[i]).length / a.length;
}

/**
 * How alike the attention of two runs is on a picture: the overlap of soft regions, mean over tags.
 *
 *   Σ min(a, b) / Σ max(a, b)       (Ružička's similarity; 1 where the maps are alike, or both blank)
 *
 * Maps of another size are resized to the first one's.
 *
 * @returns  Undefined where a map is missing.
 */
export function mapOverlap(one: PictureRecord, other: PictureRecord): number | undefined {
  const [a, b] = [one.maps, other.maps];
  if (a === undefined || b === undefined || a.values.length === 0) return undefined;
  if (a.values.length !== b.values.length) return undefined;
  const overlaps = a.values.map((value, t) => {
    const second = resizeBilinear(keptMap(b.values[t]), b.height, b.width, a.height, a.width);
    return overlap(keptMap(value), second);
  });
  return overlaps.reduce((sum, share) => sum + share, 0) / overlaps.length;
}

function overlap(a: Float32Array, b: Float32Array): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < a.length; i++) {
    low += Math.min(a[i], b[i]);
    high += Math.max(a[i], b[i]);
  }
  return high === 0 ? 1 : low / high;
}

/** log(1 + exp(x)), without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
