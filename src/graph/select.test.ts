import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import {
  constant,
  gatherConstant,
  input,
  interpret,
  type Node,
  padMode,
  stridedSlice,
  topologicalOrder,
} from "./index.ts";

const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

/** The numbers 0, 1, 2, … as a tensor. */
const range = (...shape: number[]): Node => {
  const count = shape.reduce((n, dim) => n * dim, 1);
  return constant(
    Array.from({ length: count }, (_, i) => i),
    shape,
  );
};

describe("stridedSlice", () => {
  const rows: readonly (readonly [string, number, number, number, number[]])[] = [
    ["every second from the first on", 0, 6, 2, [0, 2, 4]],
    ["every second from the second on", 1, 6, 2, [1, 3, 5]],
    ["an end between two steps", 1, 5, 3, [1, 4]],
    ["the last place of a group that is not whole", 0, 7, 3, [0, 3, 6]],
    ["groups that are longer than the axis", 5, 7, 9, [5]],
    ["no step", 2, 5, 1, [2, 3, 4]],
  ];

  test.each(rows)("%s", (_, start, end, step, expected) => {
    const x = range(end > 6 ? 7 : 6);
    const options = { starts: [start], ends: [end], steps: [step] };
    expect(valuesOf(stridedSlice(x, options))).toEqual(expected);
  });

  test("of several axes at once", () => {
    const options = { starts: [0, 1, 0], ends: [2, 3, 5], steps: [1, 1, 2] };
    const part = stridedSlice(range(2, 3, 5), options);
    expect(part.shape).toEqual([2, 2, 3]);
    expect(valuesOf(part)).toEqual([5, 7, 9, 10, 12, 14, 20, 22, 24, 25, 27, 29]);
  });

  test("refuses empty ranges and steps backwards", () => {
    const refusal = (starts: number[], ends: number[], steps: number[]) => () =>
      stridedSlice(input("x", [4]), { starts, ends, steps });
    expect(refusal([2], [2], [1])).toThrow(
      new ShapeError(
        "stridedSlice: each axis must have a range inside [4] and a step of at least 1; got starts [2], ends [2], steps [1].",
      ),
    );
    expect(refusal([3], [0], [-1])).toThrow(ShapeError);
    expect(refusal([0], [5], [1])).toThrow(ShapeError);
    expect(refusal([0, 0], [1, 1], [1, 1])).toThrow(ShapeError);
  });
});

describe("gatherConstant", () => {
  const x = range(2, 3, 4);
  const taken = (indices: readonly number[], axis: number): number[] => {
    const [before, after] = [[2, 3, 4].slice(0, axis), [2, 3, 4].slice(axis + 1)].map((dims) =>
      dims.reduce((n, dim) => n * dim, 1),
    );
    const length = [2, 3, 4][axis];
    return Array.from({ length: before }, (_, b) =>
      indices.flatMap((index) =>
        Array.from({ length: after }, (__, a) => (b * length + index) * after + a),
      ),
    ).flat();
  };

  test.each([
    [[1], 0],
    [[2, 0, 1], 1],
    [[0, 1, 2, 3], 2],
    [[3, 0, 0, 2, 1, 1], 2],
    [[1, 0, 1, 0, 1, 0], 0],
    [[2, 2, 1, 1, 0, 0], 1],
  ])("of places %j along axis %i has them in that order", (indices, axis) => {
    const part = gatherConstant(x, indices, axis);
    expect(part.shape).toEqual([2, 3, 4].map((dim, i) => (i === axis ? indices.length : dim)));
    expect(valuesOf(part)).toEqual(taken(indices, axis));
  });

  test("slices few runs and multiplies for many", () => {
    const ops = (indices: readonly number[]) =>
      topologicalOrder([gatherConstant(input("x", [8]), indices, 0)]).map(({ op }) => op);
    expect(ops([4, 5, 6, 7, 0, 1])).toEqual(["input", "slice", "slice", "concat"]);
    expect(ops([0, 2, 4, 6, 1])).toContain("matmul");
    expect(ops([0, 1, 2, 3, 4, 5, 6, 7])).toEqual(["input"]);
  });

  test("refuses places that are not there", () => {
    expect(() => gatherConstant(x, [0, 3], 1)).toThrow(
      new ShapeError(
        "gatherConstant: indices must be integers in [0, 3), and at least one; got [0, 3].",
      ),
    );
    expect(() => gatherConstant(x, [], 1)).toThrow(ShapeError);
    expect(() => gatherConstant(x, [-1], 1)).toThrow(ShapeError);
  });
});

describe("padMode", () => {
  const x = range(1, 4);

  test("repeats a value", () => {
    expect(valuesOf(padMode(x, [0, 1], [1, 2], "constant"))).toEqual([
      0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(valuesOf(padMode(x, [0, 1], [1, 0], "constant", -Infinity))).toEqual([
      -Infinity,
      0,
      1,
      2,
      3,
      ...Array(5).fill(-Infinity),
    ]);
  });

  test("mirrors without repeating the edge", () => {
    expect(valuesOf(padMode(x, [0, 3], [0, 2], "reflect"))).toEqual([3, 2, 1, 0, 1, 2, 3, 2, 1]);
  });

  test("repeats the edges", () => {
    expect(valuesOf(padMode(x, [1, 2], [0, 3], "edge"))).toEqual([
      ...[0, 0, 0, 1, 2, 3, 3, 3, 3],
      ...[0, 0, 0, 1, 2, 3, 3, 3, 3],
    ]);
  });

  test("by nothing is the tensor itself", () => {
    for (const mode of ["constant", "reflect", "edge"] as const) {
      expect(padMode(x, [0, 0], [0, 0], mode, 7)).toBe(x);
    }
  });

  test("refuses a mirror as wide as the axis, and negative amounts", () => {
    expect(() => padMode(x, [0, 4], [0, 0], "reflect")).toThrow(
      new ShapeError(
        "padMode: before and after must have an integer of at least 0 for each axis of [1, 4], below its size for reflect; got [0, 4] and [0, 0].",
      ),
    );
    expect(() => padMode(x, [0, 0], [0, -1], "constant")).toThrow(ShapeError);
  });
});
