import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropy,
  constant,
  globalAveragePool,
  input,
  interpret,
  logSoftmax,
  mean,
  type Node,
  softmax,
} from "./index.ts";

const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

test("mean divides by the number of folded elements", () => {
  expect(valuesOf(mean(constant([1, 2, 3, 4, 5, 9], [2, 3])))).toEqual([4]);
  expect(valuesOf(mean(constant([1, 2, 3, 4, 5, 9], [2, 3]), 1))).toEqual([2, 6]);
});

test("globalAveragePool leaves images and channels", () => {
  expect(globalAveragePool(input("x", [2, 3, 4, 5])).shape).toEqual([2, 3]);
});

describe("softmax", () => {
  test("sums to one along its axis", () => {
    const rows = valuesOf(softmax(constant([1, 2, 3, -1, 0, 4], [2, 3]), 1));
    expect(rows[0] + rows[1] + rows[2]).toBeCloseTo(1, 14);
    expect(rows[3] + rows[4] + rows[5]).toBeCloseTo(1, 14);
  });

  test("of large logits stays finite", () => {
    expect(valuesOf(logSoftmax(constant([1000, 0]), 0))).toEqual([0, -1000]);
  });
});

test("binaryCrossEntropy of a logit of zero is log 2 for any target", () => {
  expect(valuesOf(binaryCrossEntropy(constant([0, 0, 0]), constant([0, 0.3, 1])))).toEqual([
    Math.LN2,
    Math.LN2,
    Math.LN2,
  ]);
});
