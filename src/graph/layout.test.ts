import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { broadcastTo, concat, input, pad, reshape, slice, transpose } from "./index.ts";

const x = input("x", [2, 3]);

test("what changes nothing makes no node", () => {
  expect(reshape(x, [2, 3])).toBe(x);
  expect(broadcastTo(x, [2, 3])).toBe(x);
  expect(transpose(x, [0, 1])).toBe(x);
  expect(slice(x, [0, 0], [2, 3])).toBe(x);
  expect(pad(x, [0, 0], [2, 3])).toBe(x);
  expect(concat([x], 0)).toBe(x);
});

test("-1 stands for what is left over", () => {
  expect(reshape(x, [3, -1]).shape).toEqual([3, 2]);
});

describe("a shape that does not fit is named together with what was asked", () => {
  test.for<[string, () => unknown, string]>([
    [
      "reshape to another size",
      () => reshape(x, [4, 2]),
      "reshape: shape must hold the 6 elements of [2, 3]; got [4, 2].",
    ],
    [
      "reshape with an uneven rest",
      () => reshape(x, [4, -1]),
      "reshape: shape must hold the 6 elements of [2, 3]; got [4, -1].",
    ],
    [
      "broadcastTo a smaller shape",
      () => broadcastTo(x, [1, 3]),
      "broadcastTo: [2, 3] must stretch to the target; got [1, 3].",
    ],
    [
      "broadcastTo another shape",
      () => broadcastTo(x, [2, 4]),
      "broadcastTo: shapes must be equal or 1 along every axis, counted from the last; got [2, 3] and [2, 4]. Reshape one of them, or broadcast it first.",
    ],
    [
      "transpose with an axis twice",
      () => transpose(x, [0, 0]),
      "transpose: permutation must name each axis of [2, 3] once; got [0,0].",
    ],
    [
      "slice over the end",
      () => slice(x, [0, 2], [2, 2]),
      "slice: the block must lie inside [2, 3]; got starts [0,2] and shape [2, 2].",
    ],
    [
      "pad into something smaller",
      () => pad(x, [1, 0], [2, 3]),
      "pad: [2, 3] must fit into the target; got before [1,0] and shape [2, 3].",
    ],
    ["concat of nothing", () => concat([], 0), "concat: needs at least one tensor; got none."],
    [
      "concat of shapes that differ elsewhere",
      () => concat([x, input("y", [2, 4])], 0),
      "concat: shapes must agree but along axis 0; got [2, 3] and [2, 4].",
    ],
    [
      "concat along an axis that is not there",
      () => concat([x, x], 2),
      "concat: axis must be in [-2, 2); got 2 for shape [2, 3].",
    ],
  ])("%s", ([, build, message]) => {
    expect(build).toThrow(new ShapeError(message));
  });
});
