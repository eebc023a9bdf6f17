import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { input, maxPool } from "./index.ts";

test("places that the window does not reach are dropped", () => {
  expect(maxPool(input("x", [2, 3, 7, 8]), { kernel: 3, stride: 2 }).shape).toEqual([2, 3, 3, 3]);
  expect(
    maxPool(input("x", [2, 3, 7, 8]), { kernel: 2, stride: 2, padding: [0, 0, 1, 1] }).shape,
  ).toEqual([2, 3, 4, 4]);
});

test("a window may be wider than high, and its steps too", () => {
  const x = input("x", [2, 3, 7, 9]);
  expect(maxPool(x, { kernel: [1, 3], stride: [2, 3] }).shape).toEqual([2, 3, 4, 3]);
  expect(maxPool(x, { kernel: [3, 1], stride: 1, padding: [2, 0, 1, 0] }).shape).toEqual([
    2, 3, 8, 9,
  ]);
  expect(() => maxPool(x, { kernel: [3, 1], stride: 1, padding: 1 })).toThrow(ShapeError);
});

test("a window that is larger than the image is refused", () => {
  expect(() => maxPool(input("x", [1, 1, 2, 8]), { kernel: 3, stride: 2 })).toThrow(
    new ShapeError(
      "maxPool: x must be [N, C, H, W], at least as large as the window, and padding below its size; got [1, 1, 2, 8], kernel [3,3], padding [0,0,0,0].",
    ),
  );
});

test("padding as large as the window is refused, as such a window could hold nothing", () => {
  expect(() => maxPool(input("x", [1, 1, 8, 8]), { kernel: 2, stride: 2, padding: 2 })).toThrow(
    new ShapeError(
      "maxPool: x must be [N, C, H, W], at least as large as the window, and padding below its size; got [1, 1, 8, 8], kernel [2,2], padding [2,2,2,2].",
    ),
  );
});

test("an image without a batch axis is refused", () => {
  expect(() => maxPool(input("x", [3, 8, 8]), { kernel: 2, stride: 2 })).toThrow(ShapeError);
});
