/** Gathers what an evaluation finds on each picture. */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type LabelMap, resampleMask, type Sample, sizeWithin } from "../../data/index.ts";
import { resizeBilinear } from "../../resizeBilinear.ts";
import { AttentionScore, attentionThresholds } from "../attentionScore.ts";
import type { MeasuredPicture } from "../evaluateSplit.ts";
import type { PictureRecord } from "./evaluationRecord.ts";

/** Longest sides of a map and of a mask that are kept: a report shows no more. */
const mapSide = 28;
const maskSide = 96;

/** Give its methods to `evaluateSplit` and `evaluateSegmentation` as `onPicture`. */
export class PictureRecorder {
  readonly #classes: readonly string[];
  readonly #pictures: PictureRecord[] = [];

  /** @param classes  Names, without the background. */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
  }

  /** Of the pictures so far, in order. */
  get pictures(): readonly PictureRecord[] {
    return this.#pictures;
  }

  /** Keeps what a classifier found; nothing of a picture whose scores or maps are NaN. */
  addAttention({ sample, logits, maps, height, width, mask }: MeasuredPicture): void {
    if (logits.some(Number.isNaN) || maps.some(Number.isNaN)) return;
    const { id, tags } = sample;
    this.#pictures.push({
      id,
      tags: [...tags],
      // Nine digits are a float32, exactly.
      logits: Array.from(logits, (logit) => Number(logit.toPrecision(9))),
      ...(mask !== undefined && {
        attention: attentionOf(this.#classes, maps, height, width, mask),
      }),
      maps: mapsOf(tags, maps, height, width),
    });
  }

  /** Keeps what a segmentation network found. */
  addMask(sample: Sample, predicted: LabelMap, truth: LabelMap): void {
    const size = this.#classes.length + 1;
    const pixels = new Float64Array(size * size);
    for (let i = 0; i < truth.labels.length; i++) {
      if (truth.labels[i] < size) pixels[truth.labels[i] * size + predicted.labels[i]]++;
    }
    const confusion = Array.from(pixels, (n, at): [number, number, number] => [
      Math.floor(at / size),
      at % size,
      n,
    ]).filter(([, , n]) => n > 0);
    const { width, height } = sizeWithin(predicted, maskSide);
    const { labels } = resampleMask(predicted, width, height);
    const values = deflateRawSync(labels).toString("base64");
    this.#pictures.push({
      id: sample.id,
      tags: [...sample.tags],
      confusion,
      mask: { height, width, values },
    });
  }
}

function attentionOf(
  classes: readonly string[],
  maps: Float32Array,
  height: number,
  width: number,
  mask: Uint8Array,
): PictureRecord["attention"] {
  const score = new AttentionScore(classes);
  score.add(maps, height, width, mask, Math.sqrt(mask.length));
  const steps = attentionThresholds.length + 1;
  const pixels: number[][] = [];
  for (let row = 0; row * steps < score.counts.length; row++) {
    const counts = score.counts.subarray(row * steps, (row + 1) * steps);
    if (counts.every((n) => n === 0)) continue;
    pixels.push([Math.floor(row / classes.length), (row % classes.length) + 1, ...counts]);
  }
  return { energy: Number(score.energy.toPrecision(9)), pixels };
}

function mapsOf(
  tags: readonly number[],
  maps: Float32Array,
  height: number,
  width: number,
): PictureRecord["maps"] {
  const { height: h, width: w } = sizeWithin({ height, width }, mapSide);
  const values = tags.map((tag) => {
    const map = maps.subarray(tag * height * width, (tag + 1) * height * width);
    const small = resizeBilinear(map, height, width, h, w);
    return Buffer.from(Uint8Array.from(small, (value) => Math.round(255 * value))).toString(
      "base64",
    );
  });
  return { height: h, width: w, values };
}

/** A kept map, each value in [0, 1], [height, width]. */
export function keptMap(base64: string): Float32Array {
  return Float32Array.from(Buffer.from(base64, "base64"), (byte) => byte / 255);
}

/** A kept mask. */
export function keptMask({ height, width, values }: NonNullable<PictureRecord["mask"]>): LabelMap {
  return { height, width, labels: new Uint8Array(inflateRawSync(Buffer.from(values, "base64"))) };
}
