import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { input, max, sum } from "./index.ts";

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
