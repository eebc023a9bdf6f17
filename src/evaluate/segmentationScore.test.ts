import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { LabelMap } from "../data/mask.ts";
import { SegmentationScore } from "./segmentationScore.ts";

interface GoldenCase {
  readonly name: string;
  readonly classes: number;
  readonly pictures: readonly {
    readonly width: number;
    readonly height: number;
    readonly truth: readonly number[];
    readonly predicted: readonly number[];
  }[];
  readonly expected: {
    readonly confusion: readonly (readonly number[])[];
    readonly pixelAccuracy: number;
    readonly IoU: readonly (number | null)[];
    readonly mIoU: number;
  };
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../test/golden/segmentation/golden.json", import.meta.url), "utf8"),
) as { cases: readonly GoldenCase[] };

function row(...labels: number[]): LabelMap {
  return { width: labels.length, height: 1, labels: Uint8Array.from(labels) };
}

test.for(cases)("agrees with VOCevalseg in NumPy: $name", ({ classes, pictures, expected }) => {
  const names = Array.from({ length: classes }, (_, i) => `class ${i + 1}`);
  const score = new SegmentationScore(names);
  for (const [i, { width, height, truth, predicted }] of pictures.entries()) {
    const map = (labels: readonly number[]) => ({ width, height, labels: Uint8Array.from(labels) });
    score.add(map(predicted), map(truth), `picture ${i}`);
  }
  const result = score.result();
  expect(score.images).toBe(pictures.length);
  expect(result.labels).toEqual(["background", ...names]);
  expect(result.confusion).toEqual(expected.confusion);
  expect(result.pixelAccuracy).toBeCloseTo(expected.pixelAccuracy, 14);
  expect(result.mIoU).toBeCloseTo(expected.mIoU, 14);
  for (const [c, value] of expected.IoU.entries()) {
    if (value === null) expect(result.IoU[result.labels[c]]).toBeNull();
    else expect(result.IoU[result.labels[c]]).toBeCloseTo(value, 14);
  }
});

test("is one matrix over all pictures, not a mean over pictures", () => {
  const score = new SegmentationScore(["cat"]);
  score.add(row(1, 1, 1, 1), row(1, 1, 1, 1), "a");
  score.add(row(0, 1), row(1, 0), "b");
  // cat: 4 / (5 + 5 − 4); background: 0 / (1 + 1 − 0).
  expect(score.result().IoU).toEqual({ background: 0, cat: 4 / 6 });
  expect(score.result().mIoU).toBe(2 / 6);
});

test("a class that is predicted but never true is zero; one that is neither is left out", () => {
  const score = new SegmentationScore(["cat", "dog"]);
  score.add(row(0, 1), row(0, 0), "a");
  expect(score.result()).toMatchObject({
    IoU: { background: 0.5, cat: 0, dog: null },
    mIoU: 0.25,
    pixelAccuracy: 0.5,
  });
});

test("what is predicted on void pixels changes nothing, and void pictures are named", () => {
  const score = new SegmentationScore(["cat"]);
  score.add(row(0, 1, 1), row(0, 1, 255), "a");
  score.add(row(1, 0), row(255, 255), "dog/b");
  expect(score.images).toBe(2);
  expect(score.voidImages).toEqual(["dog/b"]);
  expect(score.result()).toEqual({
    mIoU: 1,
    IoU: { background: 1, cat: 1 },
    pixelAccuracy: 1,
    labels: ["background", "cat"],
    confusion: [
      [1, 0],
      [0, 1],
    ],
    voidImages: ["dog/b"],
  });
});

test("another size, an illegal value and void in a prediction are errors that count nothing", () => {
  const score = new SegmentationScore(["cat", "dog"]);
  const cases: [LabelMap, LabelMap, string][] = [
    [
      row(0, 1, 2),
      { width: 2, height: 2, labels: new Uint8Array(4) },
      "p/1: the prediction is 3x1 pixels, its truth 2x2. Predict at the picture's own size.",
    ],
    [
      { width: 2, height: 2, labels: Uint8Array.of(0, 0, 0, 3) },
      { width: 2, height: 2, labels: new Uint8Array(4) },
      "p/1: the prediction has the label 3 at (1, 1). Use 0 for background and 1 to 2 for the " +
        "classes; void is for the truth alone.",
    ],
    [
      row(0, 255),
      row(0, 255),
      "p/1: the prediction has the label 255 at (1, 0). Use 0 for background and 1 to 2 for the " +
        "classes; void is for the truth alone.",
    ],
    [
      row(0, 2),
      row(254, 2),
      "p/1: the truth has the label 254 at (0, 0). Use 0 for background and 1 to 2 for the " +
        "classes, 255 for void.",
    ],
    [
      row(0, 2),
      { width: 2, height: 1, labels: new Uint8Array(3) },
      "p/1: the truth must have width x height labels, and it has 3 for 2x1. Give a label for " +
        "each pixel.",
    ],
  ];
  for (const [predicted, truth, message] of cases) {
    expect(() => score.add(predicted, truth, "p/1")).toThrow(message);
  }
  expect(score.images).toBe(0);
  expect(score.confusion.flat()).toEqual(new Array(9).fill(0));
  expect(() => score.result()).toThrow(
    "SegmentationScore.result: there must be pixels that are not void; got none in 0 pictures. " +
      "Add pictures with masks first.",
  );
  expect(() => new SegmentationScore([])).toThrow(
    "SegmentationScore: classes must have at least one name; got none.",
  );
});

test("a prediction equal to the truth is perfect, and the order of pictures does not matter", () => {
  const pictures = fc.array(fc.uint8Array({ minLength: 6, maxLength: 6, max: 3 }), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(
    fc.property(pictures, pictures, (truths, others) => {
      const names = ["a", "b", "c"];
      const same = new SegmentationScore(names);
      for (const labels of truths) same.add(row(...labels), row(...labels), "x");
      expect(same.result().mIoU).toBe(1);
      const count = Math.min(truths.length, others.length);
      const [forth, back] = [new SegmentationScore(names), new SegmentationScore(names)];
      for (let i = 0; i < count; i++) {
        forth.add(row(...others[i]), row(...truths[i]), "x");
        back.add(row(...others[count - 1 - i]), row(...truths[count - 1 - i]), "x");
      }
      expect(back.result()).toEqual(forth.result());
    }),
    { seed: 3 },
  );
});
