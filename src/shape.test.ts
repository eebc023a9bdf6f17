import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  broadcastAxes,
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  stridesOf,
} from "./shape.ts";

const settings = { seed: 20180618, numRuns: 200 };
const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

/** Shapes that keep some of the dimensions of a common one and have 1 for the others. */
const compatible = (count: number): fc.Arbitrary<number[][]> =>
  shapes.chain((common) => {
    const one = fc
      .tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.nat(common.length))
      .map(([kept, dropped]) => common.map((dim, i) => (kept[i] ? dim : 1)).slice(dropped));
    return fc.array(one, { minLength: count, maxLength: count });
  });

const together = (a: Shape, b: Shape): Shape => broadcastShapes("op", a, b);

describe("broadcasting", () => {
  test("is commutative and associative", () => {
    fc.assert(
      fc.property(compatible(3), ([a, b, c]) => {
        expect(together(a, b)).toEqual(together(b, a));
        expect(together(together(a, b), c)).toEqual(together(a, together(b, c)));
      }),
      settings,
    );
  });

  test("has scalars as neutral element, and a shape with itself is that shape", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        expect(together(shape, [])).toEqual(shape);
        expect(together([1], [...shape, 1])).toEqual([...shape, 1]);
        expect(together(shape, shape)).toEqual(shape);
      }),
      settings,
    );
  });

  test("stretches exactly the axes that `broadcastAxes` names", () => {
    fc.assert(
      fc.property(compatible(2), ([a, b]) => {
        const result = together(a, b);
        const stretched = broadcastAxes(a, result).map((axis) => result[axis]);
        expect(sizeOf(a) * sizeOf(stretched)).toBe(sizeOf(result));
      }),
      settings,
    );
  });

  test("accepts two shapes in either order or in none", () => {
    const attempt = (a: Shape, b: Shape): string => {
      try {
        return formatShape(together(a, b));
      } catch (error) {
        return error instanceof ShapeError ? "refused" : "fault";
      }
    };
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        expect(attempt(a, b)).toBe(attempt(b, a));
      }),
      settings,
    );
    expect(attempt([2, 3], [2])).toBe("refused");
  });

  test("stretches 1 to an empty axis too", () => {
    expect(together([1, 3], [0, 1])).toEqual([0, 3]);
  });

  test("names both shapes and the cure when they do not fit", () => {
    expect(() => broadcastShapes("add", [2, 3], [4, 3])).toThrow(
      new ShapeError(
        "add: shapes must be equal or 1 along every axis, counted from the last; got [2, 3] and [4, 3]. Reshape one of them, or broadcast it first.",
      ),
    );
  });
});

test("axes that were added count as stretched even where they are 1", () => {
  expect(broadcastAxes([3], [1, 3])).toEqual([0]);
  expect(broadcastAxes([3, 1], [2, 3, 4])).toEqual([0, 2]);
  expect(broadcastAxes([1, 1], [1, 1])).toEqual([]);
  expect(broadcastAxes([], [2, 3])).toEqual([0, 1]);
});

test("a stride is the size of what lies behind its axis", () => {
  expect(stridesOf([])).toEqual([]);
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  fc.assert(
    fc.property(shapes, (shape) => {
      expect(stridesOf(shape)).toEqual(shape.map((_, axis) => sizeOf(shape.slice(axis + 1))));
    }),
    settings,
  );
});

test("a scalar has one element, and an empty axis leaves none", () => {
  expect([sizeOf([]), sizeOf([2, 3, 4]), sizeOf([2, 0])]).toEqual([1, 24, 0]);
});

test("shapes are the same when rank and every dimension are", () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [3, 2])).toBe(false);
  expect(sameShape([2], [2, 1])).toBe(false);
  expect(sameShape([], [])).toBe(true);
});

describe("axes", () => {
  test("count from the end when negative", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis("op", axis, [4, 5, 6]))).toEqual([
      0, 2, 2, 0,
    ]);
  });

  test("are sorted, and all of them by default", () => {
    expect(normalizeAxes("op", [-1, 0], [4, 5, 6])).toEqual([0, 2]);
    expect(normalizeAxes("op", 1, [4, 5, 6])).toEqual([1]);
    expect(normalizeAxes("op", undefined, [4, 5, 6])).toEqual([0, 1, 2]);
    expect(normalizeAxes("op", undefined, [])).toEqual([]);
  });

  test("out of range, or not whole, are refused", () => {
    for (const axis of [3, -4, 0.5, Number.NaN]) {
      expect(() => normalizeAxis("sum", axis, [4, 5, 6])).toThrow(
        new ShapeError(`sum: axis must be in [-3, 3); got ${axis} for shape [4, 5, 6].`),
      );
    }
  });

  test("that are the same axis twice are refused", () => {
    expect(() => normalizeAxes("sum", [2, -1], [4, 5, 6])).toThrow(
      new ShapeError("sum: axes must be distinct; got [2,-1] for shape [4, 5, 6]."),
    );
  });
});
