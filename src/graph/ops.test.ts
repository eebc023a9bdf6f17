import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import {
  averagePool,
  binaryCrossEntropy,
  constant,
  globalAveragePool,
  input,
  interpret,
  logSoftmax,
  mean,
  type Node,
  resizeBilinear,
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

describe("resizeBilinear", () => {
  test("interpolates at half-pixel centres and repeats the edges", () => {
    const row = constant([0, 4], [1, 2]);
    expect(valuesOf(resizeBilinear(row, [1, 4]))).toEqual([0, 1, 3, 4]);
    expect(valuesOf(resizeBilinear(row, [2, 2]))).toEqual([0, 4, 0, 4]);
  });

  test("shrinks without antialiasing", () => {
    expect(valuesOf(resizeBilinear(constant([0, 1, 2, 3, 4, 5, 6, 7], [1, 8]), [1, 2]))).toEqual([
      1.5, 5.5,
    ]);
  });

  test("refuses a vector", () => {
    expect(() => resizeBilinear(constant([1, 2]), [1, 4])).toThrow(
      new ShapeError("resizeBilinear: x must have at least two axes; got [2]."),
    );
  });
});

describe("averagePool", () => {
  test("divides by the size of the window at the borders too", () => {
    const x = constant([9, 0, 0, 0, 0, 0, 0, 0, 18], [1, 1, 3, 3]);
    expect(valuesOf(averagePool(x, { kernel: 3, padding: 1 }))).toEqual(
      [1, 1, 0, 1, 3, 2, 0, 2, 2].map((value) => expect.closeTo(value, 14)),
    );
  });

  test("without padding leaves the places whose window is whole", () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(averagePool(x, { kernel: 2 }).shape).toEqual([1, 2]);
    expect(valuesOf(averagePool(x, { kernel: 2 }))).toEqual([3, 4]);
  });

  test("refuses what its window does not fit", () => {
    const rule =
      "averagePool: x must be [..., H, W], at least as large as the window, and padding below its size; got";
    const x = constant([1, 2, 3, 4], [2, 2]);
    expect(() => averagePool(x, { kernel: 3 })).toThrow(
      new ShapeError(`${rule} [2, 2], kernel 3, padding 0.`),
    );
    expect(() => averagePool(x, { kernel: 2, padding: 2 })).toThrow(
      new ShapeError(`${rule} [2, 2], kernel 2, padding 2.`),
    );
    expect(() => averagePool(constant([1, 2]), { kernel: 1 })).toThrow(
      new ShapeError(`${rule} [2], kernel 1, padding 0.`),
    );
  });
});
