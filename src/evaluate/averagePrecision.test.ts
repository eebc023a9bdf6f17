import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { averagePrecision, meanAveragePrecision } from "./averagePrecision.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../test/golden/evaluate/golden.json", import.meta.url), "utf8"),
);

test("averages the precision at the positives", () => {
  expect(averagePrecision([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0])).toBeCloseTo((1 + 2 / 3) / 2, 12);
  expect(averagePrecision([1, 2, 3], [1, 0, 0])).toBeCloseTo(1 / 3, 12);
  expect(averagePrecision([3, 2, 1], [1, 1, 1])).toBe(1);
});

test("keeps the given order of equal scores, infinite ones too", () => {
  expect(averagePrecision([0, 0], [1, 0])).toBe(1);
  expect(averagePrecision([0, 0], [0, 1])).toBe(0.5);
  expect(averagePrecision([Infinity, Infinity], [0, 1])).toBe(0.5);
});

test("has no average precision without positives, and leaves that class out of the mean", () => {
  expect(averagePrecision([1, 2], [0, 0])).toBeNull();
  const result = meanAveragePrecision([0.9, 0.1, 0.2, 0.3], [1, 0, 0, 0], ["cat", "dog"]);
  expect(result).toEqual({ mAP: 1, AP: { cat: 1, dog: null } });
});

test("agrees with NumPy on multi-label targets", () => {
  const { scores, targets, AP } = golden.ranking;
  const result = meanAveragePrecision(scores, targets, ["a", "b", "c"]);
  expect(Object.values(result.AP)).toEqual(AP.map((v: number) => expect.closeTo(v, 12)));
  expect(result.mAP).toBeCloseTo((AP[0] + AP[1] + AP[2]) / 3, 12);
});

test("names what is wrong with its input", () => {
  expect(() => averagePrecision([1], [1, 0])).toThrow(
    "averagePrecision: scores and targets must have the same length; got 1 and 2.",
  );
  expect(() => averagePrecision([1, Number.NaN], [1, 0])).toThrow(
    "averagePrecision: scores must be numbers; got NaN at index 1.",
  );
  expect(() => meanAveragePrecision([1, 2, 3, 4], [0, 0, 0, 0], ["cat", "dog"])).toThrow(
    "meanAveragePrecision: targets must have a positive; got none in 2 pictures for cat, dog. " +
      "Evaluate on a split that has tags of these classes.",
  );
});
