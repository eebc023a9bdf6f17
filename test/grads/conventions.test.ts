import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/index.ts";
import {
  abs,
  add,
  clip,
  constant,
  equal,
  gate,
  hardSigmoid,
  input,
  interpret,
  max,
  maximum,
  maxPool,
  mul,
  type Node,
  relu,
  reshape,
  stopGradient,
  sum,
} from "../../src/graph/index.ts";
import { runOnce } from "../../src/runtime/index.ts";

/** [claim, function, where, its gradient there]. */
const conventions: readonly (readonly [string, (x: Node) => Node, number[], number[]])[] = [
  ["relu has derivative 0 at 0", relu, [-1, 0, 2, 3], [0, 0, 1, 1]],
  ["gate is closed at 0", (x) => gate(mul(x, 2), x), [-1, 0, 2, 3], [0, 0, 2, 2]],
  ["clip has derivative 0 at both bounds", (x) => clip(x, 0, 6), [0, 1e-30, 6, 7], [0, 1, 0, 0]],
  [
    "and at bounds that float32 rounds",
    (x) => clip(x, -0.3, 0.1),
    [-0.3, -0.299999, 0.099999, 0.1].map(Math.fround),
    [0, 1, 1, 0],
  ],
  [
    "and at large and small ones",
    (x) => clip(x, 1e-20, 1e20),
    [1e-20, 1.0000001e-20, 0.9999999e20, 1e20].map(Math.fround),
    [0, 1, 1, 0],
  ],
  [
    "hardSigmoid has derivative 0 at its corners",
    (x) => hardSigmoid(x, { alpha: 0.5, beta: 0.5 }),
    [-1, -0.5, 0.5, 1],
    [0, 0.5, 0.5, 0],
  ],
  ["abs has derivative 0 at 0", abs, [-1, 0, 2, 3], [-1, 0, 1, 1]],
  [
    "maximum gives its derivative to the second of equals",
    (x) => maximum(mul(x, 2), add(x, 1)),
    [0, 1, 2, 3],
    [1, 1, 2, 2],
  ],
  ["max shares its derivative among equals", (x) => max(x), [7, 1, 7, 7], [1 / 3, 0, 1 / 3, 1 / 3]],
  [
    "maxPool gives its derivative to the first of equals",
    (x) => maxPool(reshape(x, [1, 1, 2, 2]), { kernel: 2, stride: 2 }),
    [1, 5, 5, 5],
    [0, 1, 0, 0],
  ],
  [
    "overlapping maxPools add up at a shared first maximum",
    (x) => maxPool(reshape(x, [1, 1, 2, 2]), { kernel: 2, stride: 1, padding: 1 }),
    [0, 0, 0, 0],
    [4, 2, 2, 1],
  ],
  ["stopGradient hides its operand", (x) => mul(x, stopGradient(x)), [1, 2, 3, 4], [1, 2, 3, 4]],
  ["equal is constant", (x) => add(equal(x, 2), x), [1, 2, 3, 4], [1, 1, 1, 1]],
];

describe("derivatives where there is none", () => {
  const x = input("x", [4]);

  test.for(conventions)("%s", async ([, build, where, expected]) => {
    const [gradient] = grad(sum(build(x)), [x]);
    expect(Array.from(interpret([gradient], { x: where })[0])).toEqual(expected);
    const results = await runOnce({ gradient }, { x: Float32Array.from(where) });
    expect(results.get("gradient")?.data).toEqual(Float32Array.from(expected));
  });

  test("a node that the output does not depend on has a gradient of zero", () => {
    const other = input("other", [2]);
    expect(interpret(grad(sum(x), [other]), {})).toEqual([Float64Array.of(0, 0)]);
  });

  test("the gradient of an inner node is taken as if it were an input", () => {
    const inner = mul(x, 3);
    const [gradient] = grad(sum(mul(inner, constant([1, 2, 3, 4]))), [inner]);
    expect(interpret([gradient], { x: [0, 0, 0, 0] })).toEqual([Float64Array.of(1, 2, 3, 4)]);
  });
});
