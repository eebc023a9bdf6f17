import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { AttentionScore } from "../attentionScore.ts";
import { meanAveragePrecision } from "../averagePrecision.ts";
import type { EvaluationRecord, PictureRecord } from "../record/evaluationRecord.ts";
import { PictureRecorder } from "../record/pictureRecorder.ts";
import { tagThresholds } from "../record/tagThresholds.ts";
import { bootstrap, intervalsOf, rowsOf } from "./bootstrap.ts";
import { FigureTable } from "./figureTable.ts";
import { percentileInterval } from "./percentileInterval.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/bootstrap/golden.json", import.meta.url), "utf8"),
);
const classes = ["a", "b", "c"];

/** The golden pictures as an evaluation records them: attention and masks together. */
function goldenPictures(): PictureRecord[] {
  const attention = new PictureRecorder(classes);
  const masks = new PictureRecorder(classes);
  for (const [n, row] of golden.tags.entries()) {
    const tags = row.flatMap((has: number, c: number) => (has ? [c] : []));
    const sample = { id: `p${n}`, image: "", tags };
    const image = new Float32Array(0);
    attention.addAttention({
      ...{ sample, image, height: golden.side, width: golden.side },
      logits: Float32Array.from(golden.logits[n]),
      maps: Float32Array.from(golden.maps[n], (value: number) => value / 64),
      ...(golden.masks[n] && { mask: Uint8Array.from(golden.masks[n]) }),
    });
    const map = (labels: number[]) => ({
      ...{ width: golden.size, height: golden.size },
      labels: Uint8Array.from(labels),
    });
    masks.addMask(sample, map(golden.predicted[n]), map(golden.truth[n]));
  }
  return attention.pictures.map((picture, n) => {
    const { confusion } = masks.pictures[n];
    return { ...picture, ...(confusion && { confusion }) };
  });
}

function recordOf(pictures: readonly PictureRecord[], names = classes): EvaluationRecord {
  return {
    ...{ version: "0", step: 1, split: "val", classes: names, pictures: [...pictures] },
    training: { pictures: 1, withMask: 0, withBoxes: 0, perClass: {} },
    figures: { split: "val", images: pictures.length, classes: names },
  };
}

function weightsOf(draw: readonly number[], count: number): Uint16Array {
  const weights = new Uint16Array(count);
  for (const n of draw) weights[n]++;
  return weights;
}

test("figures of given resamples are NumPy's and scikit-learn's of the drawn pictures", () => {
  const pictures = goldenPictures();
  const table = new FigureTable({ classes }, pictures);
  const draws = golden.draws.map((draw: number[]) => weightsOf(draw, pictures.length));
  const resampled = rowsOf(table, draws);
  for (const [b, row] of golden.rows.entries()) {
    for (const [i, value] of row.entries()) {
      const ours = resampled.rows[b * table.width + i];
      // Energies were summed in float32 by the score.
      if (value === null) expect(ours).toBeNaN();
      else expect(ours, `row ${b}, figure ${i}`).toBeCloseTo(value, i === 3 ? 6 : 12);
    }
  }
  for (const [i, expected] of golden.intervals.entries()) {
    if (expected === null) continue;
    const column = draws.map((_: unknown, b: number) => resampled.rows[b * table.width + i]);
    const interval = percentileInterval(Float64Array.from(column), golden.level);
    expect(interval?.low).toBeCloseTo(expected[0], i === 3 ? 6 : 12);
    expect(interval?.high).toBeCloseTo(expected[1], i === 3 ? 6 : 12);
  }
  expect(intervalsOf(resampled).overall.mAP?.low).toBeGreaterThan(0);
});

test("the threshold of a tag has the highest F1 that scikit-learn finds", () => {
  const pictures = goldenPictures();
  for (const [c, { threshold, f1 }] of tagThresholds({ classes, pictures }).entries()) {
    expect(f1).toBeCloseTo(golden.f1[c], 12);
    const found = pictures.filter(({ logits = [] }) => logits[c] > threshold);
    const hits = found.filter(({ tags }) => tags.includes(c)).length;
    const positives = pictures.filter(({ tags }) => tags.includes(c)).length;
    expect((2 * hits) / (found.length + positives)).toBeCloseTo(golden.f1[c], 12);
  }
});

test("with each picture once they are those of the evaluation", () => {
  const pictures = goldenPictures();
  const table = new FigureTable({ classes }, pictures);
  const row = new Float64Array(table.width);
  table.rowInto(row, new Uint16Array(pictures.length).fill(1));
  const figures = table.named((place) => row[place]);
  const score = new AttentionScore(classes);
  for (const [n, mask] of golden.masks.entries()) {
    if (mask === null) continue;
    const maps = Float32Array.from(golden.maps[n], (value: number) => value / 64);
    score.add(maps, golden.side, golden.side, Uint8Array.from(mask), golden.size);
  }
  const { mIoU, mIoUAtFixed, energy, IoU } = score.result();
  const { mAP, AP } = meanAveragePrecision(golden.logits.flat(), golden.tags.flat(), classes);
  expect(figures.overall.mAP).toBeCloseTo(mAP, 12);
  expect(figures.overall.attentionMiou).toBeCloseTo(mIoU, 12);
  expect(figures.overall.attentionMiouAtFixed).toBeCloseTo(mIoUAtFixed.mIoU, 12);
  expect(figures.overall.energy).toBeCloseTo(energy, 8);
  for (const name of classes) expect(figures.AP[name]).toBeCloseTo(AP[name] ?? -1, 12);
  for (const [name, value] of Object.entries(IoU)) {
    expect(figures.attentionIou[name]).toBeCloseTo(value ?? -1, 12);
  }
});

test("a 95 % interval covers the true mean nearly that often", () => {
  // Energies are means: of uniform numbers, whose mean is one half.
  const random = new Random(3);
  let covered = 0;
  const trials = 300;
  for (let trial = 0; trial < trials; trial++) {
    const pictures = Array.from({ length: 60 }, (_, n) => ({
      id: `p${n}`,
      tags: [0],
      attention: { energy: random.uniform(), pixels: [] },
    }));
    const [{ intervals }] = bootstrap([recordOf(pictures, ["a"])], { resamples: 400, seed: trial });
    const { low = 1, high = 0 } = intervals.overall.energy ?? {};
    if (low <= 0.5 && 0.5 <= high) covered++;
  }
  // Binomial: 0.94 of 300, give or take three standard deviations of 0.014.
  expect(covered / trials).toBeGreaterThan(0.9);
  expect(covered / trials).toBeLessThan(0.98);
});

test("differences are paired: a run that is always better by the same is certainly better", () => {
  const random = new Random(5);
  const energies = Array.from({ length: 40 }, () => random.uniform(0, 0.8));
  const withEnergies = (shift: number, order: readonly number[]) =>
    recordOf(
      order.map((n) => ({
        id: `p${n}`,
        tags: [0],
        attention: { energy: energies[n] + shift, pixels: [] },
      })),
    );
  const order = energies.map((_, n) => n);
  const first = withEnergies(0, order);
  const [itself, better, other] = bootstrap([
    first,
    withEnergies(0.01, order.toReversed()),
    withEnergies(0.01, order.slice(1)),
  ]);
  expect(itself.differences).toBeUndefined();
  const { low, high, shareHigher } = better.differences?.overall.energy ?? {};
  expect(low).toBeCloseTo(0.01, 12);
  expect(high).toBeCloseTo(0.01, 12);
  expect(shareHigher).toBe(1);
  // Far wider than their difference.
  const { low: from = 0, high: to = 0 } = better.intervals.overall.energy ?? {};
  expect(to - from).toBeGreaterThan(0.1);
  expect(other.differences).toBeUndefined();
  expect(better.differences?.overall.mAP).toBeUndefined();
});

test("the same seed gives the same intervals, another seed others", () => {
  const record = recordOf(goldenPictures());
  const interval = (seed: number) => bootstrap([record], { seed })[0].intervals.overall.mAP;
  expect(interval(1)).toEqual(interval(1));
  expect(interval(1)).not.toEqual(interval(2));
});

test("445 pictures of 20 classes take seconds, not minutes", () => {
  const random = new Random(9);
  const names = Array.from({ length: 20 }, (_, c) => `class ${c}`);
  const pictures = Array.from({ length: 445 }, (_, n): PictureRecord => {
    const tags = [random.int(10), 10 + random.int(10)];
    const pixels = tags.flatMap((tag) =>
      [0, tag + 1].map((truth) => [
        truth,
        tag + 1,
        ...Array.from({ length: 41 }, () => random.int(90)),
      ]),
    );
    const logits = names.map((_, c) => random.normal(tags.includes(c) ? 1 : -1));
    return { id: `p${n}`, tags, logits, attention: { energy: random.uniform(), pixels } };
  });
  const start = performance.now();
  bootstrap([recordOf(pictures, names)]);
  // About one second on a core of its own.
  expect(performance.now() - start).toBeLessThan(6000);
});
