import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { broadcastTo, constant, constantValue, input, neg, reshape } from "./index.ts";

describe("input", () => {
  test("takes positive whole dimensions only", () => {
    expect(() => input("image", [1, 0, 4])).toThrow(
      new ShapeError(
        'input: every dimension of "image" must be a positive integer; got [1, 0, 4].',
      ),
    );
  });
});

describe("constant", () => {
  test("is a scalar from a number, a vector from a list, and any shape that fits", () => {
    expect(constant(3).shape).toEqual([]);
    expect(constant([1, 2, 3]).shape).toEqual([3]);
    expect(constant([1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2]);
  });

  test("must have as many values as its shape", () => {
    expect(() => constant([1, 2, 3], [2, 2])).toThrow(
      new ShapeError("constant: data must have 4 values for shape [2, 2]; got 3."),
    );
  });
});

test("constantValue sees through reshapes and broadcasts, and nothing else", () => {
  expect(constantValue(broadcastTo(reshape(constant(3), [1, 1]), [2, 5]))).toBe(3);
  expect(constantValue(constant([1, 2]))).toBeUndefined();
  expect(constantValue(neg(constant(3)))).toBeUndefined();
});
