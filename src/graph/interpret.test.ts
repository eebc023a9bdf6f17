import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import {
  broadcastTo,
  concat,
  constant,
  conv,
  convFilterGrad,
  convInputGrad,
  convWindow,
  equal,
  gate,
  input,
  interpret,
  matmul,
  max,
  maxPool,
  maxPoolGather,
  maxPoolScatter,
  mul,
  type Node,
  pad,
  reshape,
  sigmoid,
  slice,
  softplus,
  sub,
  sum,
  transpose,
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

describe("feeds", () => {
  const x = input("image", [2, 3]);

  test("reach their inputs by name; others are ignored", () => {
    const y = input("bias", []);
    expect(interpret([sub(x, y), x], { image: [1, 2, 3, 4, 5, 6], bias: [1], other: [] })).toEqual([
      Float64Array.of(0, 1, 2, 3, 4, 5),
      Float64Array.of(1, 2, 3, 4, 5, 6),
    ]);
  });

  test("must hold every input", () => {
    expect(() => interpret([x], {})).toThrow(
      new ShapeError(
        'interpret: feeds must hold every input; got none for "image" of shape [2, 3].',
      ),
    );
  });

  test("must have the input's size", () => {
    expect(() => interpret([x], { image: [1, 2, 3] })).toThrow(
      new ShapeError('interpret: the feed for "image" must have 6 values for shape [2, 3]; got 3.'),
    );
  });

  test("are not changed by what is done with the result", () => {
    const image = Float64Array.of(1, 2, 3, 4, 5, 6);
    interpret([x], { image })[0][0] = 7;
    expect(image[0]).toBe(1);
  });
});

describe("elementwise", () => {
  test("operands broadcast on both sides", () => {
    expect(valuesOf(sub(range(2, 1), range(3)))).toEqual([0, -1, -2, 1, 0, -1]);
  });

  test("equal is 1 or 0", () => {
    expect(valuesOf(equal(constant([1, 2, 3]), 2))).toEqual([0, 1, 0]);
  });

  test("gate is closed at zero", () => {
    expect(valuesOf(gate(constant([5, 6, 7]), constant([-1, 0, 1])))).toEqual([0, 0, 7]);
  });

  test("softplus and sigmoid neither overflow nor underflow into NaN", () => {
    expect(valuesOf(softplus(constant([-1000, 0, 1000])))).toEqual([0, Math.LN2, 1000]);
    expect(valuesOf(sigmoid(constant([-1000, 0, 1000])))).toEqual([0, 0.5, 1]);
  });
});

describe("reductions", () => {
  test("fold the named axes", () => {
    expect(valuesOf(sum(range(2, 3), 0))).toEqual([3, 5, 7]);
    expect(valuesOf(sum(range(2, 3, 2), [0, 2]))).toEqual([14, 22, 30]);
    expect(valuesOf(max(range(2, 3), 1))).toEqual([2, 5]);
  });

  test("max of negative numbers is negative", () => {
    expect(valuesOf(max(constant([-3, -1, -2])))).toEqual([-1]);
  });
});

describe("layout", () => {
  test("transpose puts axis permutation[i] at i", () => {
    expect(valuesOf(transpose(range(2, 3), [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(valuesOf(transpose(range(2, 1, 3), [2, 0, 1]))).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("broadcastTo repeats axes of size 1 and adds leading ones", () => {
    expect(valuesOf(broadcastTo(range(2, 1), [2, 2, 2]))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  test("slice takes a block, pad puts one into zeros", () => {
    expect(valuesOf(slice(range(3, 4), [1, 2], [2, 2]))).toEqual([6, 7, 10, 11]);
    expect(valuesOf(pad(constant([1, 2], [1, 2]), [1, 1], [2, 4]))).toEqual([
      0, 0, 0, 0, 0, 1, 2, 0,
    ]);
  });

  test("concat and reshape keep row-major order", () => {
    const joined = concat([range(2, 1), range(2, 2)], 1);
    expect(valuesOf(joined)).toEqual([0, 0, 1, 1, 2, 3]);
    expect(valuesOf(reshape(joined, [6]))).toEqual([0, 0, 1, 1, 2, 3]);
  });
});

test("matmul multiplies the last two axes and broadcasts the leading ones", () => {
  expect(valuesOf(matmul(range(2, 2), range(2, 1)))).toEqual([1, 3]);
  expect(valuesOf(matmul(range(2, 1, 2), range(2, 1)))).toEqual([1, 3]);
});

describe("conv", () => {
  const ones = (...shape: number[]) => broadcastTo(constant(1), shape);

  test("correlates, without flipping the filter", () => {
    expect(valuesOf(conv(range(1, 1, 1, 3), constant([1, 10], [1, 1, 1, 2])))).toEqual([10, 21]);
  });

  test("counts zeros outside and drops fractional places at the end", () => {
    // Rows and columns -1, 0, 1 and 1, 2, 3 of a 4x4 image; places 3, 4, 5 would need more padding.
    expect(
      valuesOf(conv(ones(1, 1, 4, 4), ones(1, 1, 3, 3), { stride: 2, padding: [1, 1, 0, 0] })),
    ).toEqual([4, 6, 6, 9]);
  });

  test("spreads the filter by the dilation", () => {
    expect(
      valuesOf(conv(range(1, 1, 1, 5), constant([1, 10], [1, 1, 1, 2]), { dilation: 3 })),
    ).toEqual([30, 41]);
  });

  test("keeps groups apart", () => {
    const x = constant([1, 2, 3, 4], [1, 4, 1, 1]);
    const w = constant([1, 10, 1, 10], [2, 2, 1, 1]);
    expect(valuesOf(conv(x, w, { groups: 2 }))).toEqual([21, 43]);
  });

  test("sends the gradient back to the places that were read", () => {
    const window = convWindow({ stride: 2 });
    const g = constant([1, 2], [1, 1, 1, 2]);
    const w = constant([1, 10], [1, 1, 1, 2]);
    expect(valuesOf(convInputGrad(g, w, window, [1, 1, 1, 5]))).toEqual([1, 10, 2, 20, 0]);
    expect(valuesOf(convFilterGrad(range(1, 1, 1, 5), g, window, [1, 1, 1, 2]))).toEqual([4, 7]);
  });
});

describe("maxPool", () => {
  const options = { kernel: 2, stride: 2 } as const;

  test("takes the maximum of each window and drops fractional places", () => {
    expect(valuesOf(maxPool(range(1, 1, 3, 5), options))).toEqual([6, 8]);
  });

  test("never lets padding win", () => {
    const x = constant([-1, -2, -3, -4], [1, 1, 2, 2]);
    expect(valuesOf(maxPool(x, { kernel: 3, stride: 2, padding: 1 }))).toEqual([-1]);
    expect(valuesOf(maxPool(x, { kernel: 2, stride: 1, padding: 1 }))).toEqual([
      -1, -1, -2, -1, -1, -2, -3, -3, -4,
    ]);
  });

  test("scatters to and gathers from the first of equal maxima in row-major order", () => {
    const x = constant([5, 5, 5, 5], [1, 1, 2, 2]);
    const window = { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] } as const;
    const g = constant([3], [1, 1, 1, 1]);
    expect(valuesOf(maxPoolScatter(g, x, window))).toEqual([3, 0, 0, 0]);
    expect(valuesOf(maxPoolGather(range(1, 1, 2, 2), x, window, [1, 1, 1, 1]))).toEqual([0]);
  });

  test("adds up what overlapping windows send to one place", () => {
    const x = constant([0, 9, 0], [1, 1, 1, 3]);
    const window = { kernel: [1, 2], strides: [1, 1], pads: [0, 0, 0, 0] } as const;
    expect(valuesOf(maxPoolScatter(constant([1, 2], [1, 1, 1, 2]), x, window))).toEqual([0, 3, 0]);
  });
});

test("a node that is used twice is computed once, and the order of outputs is kept", () => {
  let product: Node = input("x", []);
  for (let i = 0; i < 60; i++) product = mul(product, product);
  expect(interpret([product, constant(2)], { x: [1] })).toEqual([
    Float64Array.of(1),
    Float64Array.of(2),
  ]);
});
