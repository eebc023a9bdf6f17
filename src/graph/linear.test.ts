import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { type ConvOptions, conv, input, matmul } from "./index.ts";

describe("matmul", () => {
  test("broadcasts leading axes", () => {
    expect(matmul(input("a", [5, 1, 2, 3]), input("b", [4, 3, 6])).shape).toEqual([5, 4, 2, 6]);
  });

  test.for<[number[], number[]]>([
    [
      [2, 3],
      [4, 5],
    ],
    [[3], [3, 2]],
    [[2, 3], [3]],
  ])("refuses %j by %j", ([a, b]) => {
    expect(() => matmul(input("a", a), input("b", b))).toThrow(
      new ShapeError(
        `matmul: the last axis of a must match the last but one of b; got [${a.join(", ")}] and [${b.join(", ")}]. Transpose one of them.`,
      ),
    );
  });
});

describe("conv", () => {
  const shapeOf = (x: number[], w: number[], options?: ConvOptions) =>
    conv(input("x", x), input("w", w), options).shape;

  test("drops places of the window that do not fit any more", () => {
    expect(shapeOf([2, 3, 8, 9], [5, 3, 3, 3], { stride: 2 })).toEqual([2, 5, 3, 4]);
  });

  test("counts padding on each side and dilation along each axis", () => {
    expect(
      shapeOf([1, 3, 8, 9], [5, 3, 3, 2], { padding: [1, 2, 3, 4], dilation: [2, 3] }),
    ).toEqual([1, 5, 8, 12]);
  });

  test("splits channels into groups", () => {
    expect(shapeOf([1, 4, 5, 5], [6, 2, 5, 5], { groups: 2 })).toEqual([1, 6, 1, 1]);
  });

  test("names both shapes when a rank is wrong", () => {
    expect(() => shapeOf([3, 8, 8], [5, 3, 3, 3])).toThrow(
      new ShapeError(
        "conv: x must be [N, C, H, W] and w [O, C / groups, kH, kW]; got [3, 8, 8] and [5, 3, 3, 3].",
      ),
    );
  });

  test("names both shapes and the groups when channels do not fit", () => {
    expect(() => shapeOf([1, 4, 8, 8], [6, 4, 3, 3], { groups: 2 })).toThrow(
      new ShapeError(
        "conv: w must have x's channels / groups along axis 1; got [6, 4, 3, 3] for x [1, 4, 8, 8] and 2 groups.",
      ),
    );
  });

  test("says how to fit a kernel that is larger than the image", () => {
    expect(() => shapeOf([1, 3, 2, 8], [5, 3, 3, 3])).toThrow(
      new ShapeError(
        "conv: the kernel must fit into the padded image; got w [5, 3, 3, 3] for x [1, 3, 2, 8]. Enlarge the image or the padding.",
      ),
    );
  });
});
