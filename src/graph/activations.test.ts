import { describe, expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import {
  abs,
  celu,
  clip,
  constant,
  elu,
  erf,
  gelu,
  hardSigmoid,
  hardSwish,
  input,
  interpret,
  leakyRelu,
  maximum,
  minimum,
  mish,
  type Node,
  power,
  selu,
  silu,
  softsign,
  tanh,
} from "./index.ts";

const places = [-50, -5, -1.5, -0.25, 0, 0.5, 2, 7, 100];
const x = constant(places);
const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

const σ = (a: number): number => 1 / (1 + Math.exp(-a));
const expm1Below = (a: number, alpha: number, scale: number): number =>
  a > 0 ? a : alpha * Math.expm1(a / scale);

/** Each beside its definition with a choice in it. */
const definitions: readonly (readonly [string, Node, (a: number) => number])[] = [
  ["leakyRelu", leakyRelu(x, 0.1), (a) => (a > 0 ? a : 0.1 * a)],
  ["hardSigmoid", hardSigmoid(x), (a) => Math.max(0, Math.min(1, 0.2 * a + 0.5))],
  ["hardSwish", hardSwish(x), (a) => (a * Math.min(Math.max(a + 3, 0), 6)) / 6],
  ["silu", silu(x), (a) => a * σ(a)],
  ["mish", mish(x), (a) => a * Math.tanh(Math.log1p(Math.exp(a)))],
  ["elu", elu(x, 0.7), (a) => expm1Below(a, 0.7, 1)],
  ["celu", celu(x, 0.7), (a) => expm1Below(a, 0.7, 0.7)],
  ["selu", selu(x), (a) => 1.0507009873554805 * expm1Below(a, 1.6732632423543772, 1)],
  ["softsign", softsign(x), (a) => a / (1 + Math.abs(a))],
  ["abs", abs(x), Math.abs],
  ["tanh", tanh(x), Math.tanh],
  ["clip", clip(x, -1, 2), (a) => Math.min(Math.max(a, -1), 2)],
  ["clip from below", clip(x, -1), (a) => Math.max(a, -1)],
  ["clip from above", clip(x, undefined, 2), (a) => Math.min(a, 2)],
];

test.each(definitions)("%s is what it is defined as", (_, node, definition) => {
  expect(valuesOf(node)).toEqual(places.map((a) => expect.closeTo(definition(a), 14)));
});

/** By glibc's erf, on both sides of the place where the formula changes. */
const erfTable = [
  [0, 0],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.9999, 0.9953201979070294],
  [2, 0.9953222650189527],
  [3, 0.9999779095030014],
  [6, 1],
] as const;

test.each(erfTable)("erf %d is %d, and odd", (a, value) => {
  expect(Math.abs(valuesOf(erf(constant([a])))[0] - value)).toBeLessThanOrEqual(1e-15);
  expect(valuesOf(erf(constant([-a])))[0] + valuesOf(erf(constant([a])))[0]).toBe(0);
});

test("gelu weighs by the normal distribution function, its approximation within 5e-4", () => {
  // x · Φ(x), Φ(1) = 0.84134474606854293.
  expect(valuesOf(gelu(constant([1])))[0]).toBeCloseTo(0.8413447460685429, 15);
  const approximation = valuesOf(gelu(x, { approximate: "tanh" }));
  const distances = valuesOf(gelu(x)).map((value, i) => Math.abs(value - approximation[i]));
  expect(Math.max(...distances)).toBeLessThan(5e-4);
  expect(Math.max(...distances)).toBeGreaterThan(1e-5);
});

describe("clip", () => {
  test("without bounds changes nothing", () => {
    expect(clip(x)).toBe(x);
  });

  test("refuses bounds that are not in order", () => {
    expect(() => clip(x, 6, 0)).toThrow(
      new ShapeError("clip: low must be at most high; got 6 and 0."),
    );
  });
});

describe("maximum and minimum", () => {
  const [a, b] = [input("a", [4]), input("b", [4])];
  const feeds = { a: [-1e30, 1, 3, 5], b: [1, 1, -2, 1e-30] };

  test("choose exactly, whatever the other operand is", () => {
    const [larger, smaller] = interpret([maximum(a, b), minimum(a, b)], feeds);
    expect(Array.from(larger)).toEqual([1, 1, 3, 5]);
    expect(Array.from(smaller)).toEqual([-1e30, 1, -2, 1e-30]);
  });

  test("are clips where an operand is a number", () => {
    expect(maximum(a, constant(2))).toMatchObject({ op: "clip", inputs: [a] });
    expect(minimum(constant([2], [1]), a)).toMatchObject({ op: "clip", inputs: [a] });
    expect(maximum(a, constant(2, [1, 1])).shape).toEqual([1, 4]);
  });
});

describe("power", () => {
  const positive = [0.25, 1, 3];

  test.each([0, 1, 2, 3, 5, 16, -1, -2, 0.5, -0.5, 2.5, 40, 0.3])("%d", (exponent) => {
    const values = valuesOf(power(constant(positive), exponent));
    values.forEach((value, i) => {
      expect(value / positive[i] ** exponent).toBeCloseTo(1, 13);
    });
  });

  test("of negative numbers is right for whole exponents", () => {
    expect(valuesOf(power(constant([-2, -3]), 3))).toEqual([-8, -27]);
    expect(valuesOf(power(constant([-2]), -2))).toEqual([0.25]);
  });
});
