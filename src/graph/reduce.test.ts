import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { constant, input, interpret, max, rank, sum } from "./index.ts";

const x = input("x", [2, 3, 4]);

test("axes disappear, or stay with size 1", () => {
  expect(sum(x, [0, -1]).shape).toEqual([3]);
  expect(sum(x, [0, -1], { keepDims: true }).shape).toEqual([1, 3, 1]);
  expect(max(x).shape).toEqual([]);
});

test("folding axes of size 1 makes no node", () => {
  const y = input("y", [2, 1]);
  expect(sum(y, 1, { keepDims: true })).toBe(y);
});

test("an axis that is not there is refused", () => {
  expect(() => sum(x, 3)).toThrow(
    new ShapeError("sum: axis must be in [-3, 3); got 3 for shape [2, 3, 4]."),
  );
});

test("an axis that is named twice is refused", () => {
  expect(() => max(x, [0, -3])).toThrow(
    new ShapeError("max: axes must be distinct; got [0,-3] for shape [2, 3, 4]."),
  );
});

test("rank counts from the largest of each row, and equal elements as they stand", () => {
  const rows = constant([3, 7, 5, 1, 1, 2], [2, 3]);
  expect([...interpret([rank(rows)], {})[0]]).toEqual([2, 0, 1, 1, 2, 0]);
  expect(() => rank(constant(1))).toThrow(
    new ShapeError("rank: x must have at least one axis; got a scalar. Reshape it to [1]."),
  );
});
