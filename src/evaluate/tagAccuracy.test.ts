import { expect, test } from "vitest";
import { tagAccuracy, topAccuracy } from "./tagAccuracy.ts";

test("weights both sides alike, however many pictures each has", () => {
  // One of two boats found, three of four others left alone; scikit-learn's
  // balanced_accuracy_score([1,1,0,0,0,0], [1,0,0,0,0,1]) is 0.625.
  const accuracy = tagAccuracy(
    [2, -1, -3, -0.5, -2, 0.1],
    [true, true, false, false, false, false],
  );
  expect(accuracy).toEqual({
    positives: 2,
    negatives: 4,
    recall: 0.5,
    specificity: 0.75,
    accuracy: 0.625,
  });
});

test("is the share of right decisions where only one side is there", () => {
  expect(tagAccuracy([1, 1, -1], [true, true, true])).toMatchObject({
    specificity: null,
    accuracy: 2 / 3,
  });
  expect(tagAccuracy([1, -1], [false, false])).toMatchObject({ recall: null, accuracy: 0.5 });
});

test("a score of zero is a probability of one half, which decides against the tag", () => {
  expect(tagAccuracy([0], [true]).accuracy).toBe(0);
});

test("refuses what cannot be counted", () => {
  expect(() => tagAccuracy([1], [])).toThrow(
    "tagAccuracy: logits and targets must have the same length; got 1 and 0.",
  );
  expect(() => tagAccuracy([], [])).toThrow(
    "tagAccuracy: there must be at least one picture; got none.",
  );
  expect(() => tagAccuracy([1, Number.NaN], [true, true])).toThrow(
    "tagAccuracy: logits must be numbers; got NaN at index 1.",
  );
});

test("the highest score must be that of an own tag, and untagged pictures do not count", () => {
  const logits = [1, 3, 2, /**/ 5, 4, 4.5, /**/ 0, 0, 1];
  expect(topAccuracy(logits, [[1, 2], [1], []], 3)).toBe(0.5);
  expect(() => topAccuracy(logits, [[1], []], 3)).toThrow(
    "topAccuracy: logits must be 3 for each of 2 pictures; got 9.",
  );
  expect(() => topAccuracy([1, 2], [[]], 2)).toThrow(
    "topAccuracy: at least one picture must have a tag; none has.",
  );
});
