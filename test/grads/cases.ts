/**
 * Configurations of every primitive, for the checks of its derivative and of its float32 run.
 *
 * A new primitive needs an entry here before anything compiles.
 */
import {
  add,
  broadcastTo,
  clip,
  concat,
  constant,
  conv,
  convFilterGrad,
  convInputGrad,
  div,
  equal,
  erf,
  exp,
  gate,
  hardSigmoid,
  log,
  matmul,
  max,
  maxPool,
  maxPoolGather,
  maxPoolScatter,
  mul,
  type Node,
  neg,
  type Primitive,
  pad,
  rank,
  relu,
  reshape,
  sigmoid,
  slice,
  softplus,
  sqrt,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
} from "../../src/graph/index.ts";
import type { Shape } from "../../src/shape.ts";
import { anywhere, awayFromZero, type Draw, distinct, integers, positive } from "./draw.ts";
import { convConfigurations, poolConfigurations } from "./windows.ts";

export interface Case {
  readonly name: string;
  readonly draws: readonly Draw[];
  readonly build: (...inputs: Node[]) => Node;
  /** Highest order of derivative that is checked; 0 where the derivative is not the function's. */
  readonly order: 0 | 2 | 3;
}

/** Piecewise linear: nothing is left to check beyond the second order. */
export const kinked = (name: string, draws: readonly Draw[], build: Case["build"]): Case => ({
  name,
  draws,
  build,
  order: 2,
});
export const smooth = (name: string, draws: readonly Draw[], build: Case["build"]): Case => ({
  name,
  draws,
  build,
  order: 3,
});
const constantToAutodiff = (name: string, draws: readonly Draw[], build: Case["build"]): Case => ({
  name,
  draws,
  build,
  order: 0,
});

const unary = (f: (x: Node) => Node, draw: (shape: Shape) => Draw = anywhere): Case[] => [
  smooth("of a tensor", [draw([2, 3])], f),
  smooth("of a scalar", [draw([])], f),
];

const pairs: readonly (readonly [string, Shape, Shape])[] = [
  ["of equal shapes", [2, 3], [2, 3]],
  ["broadcasting the left", [3, 1], [2, 3, 2]],
  ["broadcasting the right", [2, 3, 2], [1, 2]],
  ["broadcasting both", [2, 1, 3], [4, 1]],
  ["with a scalar", [2, 3], []],
];

const binary = (
  f: (a: Node, b: Node) => Node,
  left: (shape: Shape) => Draw = anywhere,
  right: (shape: Shape) => Draw = left,
): Case[] => [
  ...pairs.map(([name, a, b]) => smooth(name, [left(a), right(b)], f)),
  smooth("of a node with itself", [right([2, 3])], (x) => f(x, x)),
];

export const primitiveCases: Readonly<Record<Primitive, readonly Case[]>> = {
  input: [smooth("itself", [anywhere([2, 3])], (x) => x)],
  constant: [
    smooth("added", [anywhere([2, 2])], (x) => add(x, constant([1, 2, 3, 4], [2, 2]))),
    smooth("scalar factor", [anywhere([2, 2])], (x) => mul(x, 3)),
  ],
  neg: unary(neg),
  exp: unary(exp),
  log: unary(log, positive),
  sqrt: unary(sqrt, positive),
  sigmoid: unary(sigmoid),
  tanh: unary(tanh),
  erf: [...unary(erf), smooth("beyond its bend", [anywhere([2, 3])], (x) => erf(mul(x, 4)))],
  hardSigmoid: [
    kinked("on all three lines", [distinct([3, 5])], (x) =>
      hardSigmoid(x, { alpha: 1.3, beta: 0.4 }),
    ),
  ],
  softplus: unary(softplus),
  relu: [kinked("on both sides of 0", [awayFromZero([3, 4])], relu)],
  clip: [
    kinked("between 0 and a bound", [distinct([3, 5])], (x) => clip(x, 0, 0.5)),
    kinked("between other bounds", [distinct([3, 5])], (x) => clip(x, -0.3, 0.7)),
    kinked("from below", [distinct([3, 5])], (x) => clip(x, -0.3)),
    kinked("from above", [distinct([3, 5])], (x) => clip(x, undefined, 0.3)),
  ],
  equal: pairs.map(([name, a, b]) => constantToAutodiff(name, [integers(a), integers(b)], equal)),
  gate: [
    ...pairs.map(([name, a, b]) =>
      kinked(name, [anywhere(a), awayFromZero(b)], (x, control) => gate(x, control)),
    ),
    ...[{ above: -0.5, below: 0.5 }, { below: 0.5 }, { above: -Infinity, below: -0.1 }].map(
      (bounds) =>
        kinked(
          `between ${bounds.above ?? 0} and ${bounds.below}`,
          [anywhere([3, 5]), distinct([3, 5])],
          (x, control) => gate(x, control, bounds),
        ),
    ),
  ],
  rank: [
    constantToAutodiff("of rows", [distinct([2, 3, 5])], rank),
    constantToAutodiff("of a vector with equal elements", [integers([40])], rank),
    constantToAutodiff("of rows of one element", [anywhere([3, 1])], rank),
  ],
  add: binary(add),
  sub: binary(sub),
  mul: binary(mul),
  div: binary(div, anywhere, positive),
  sum: [
    smooth("over everything", [anywhere([2, 3])], (x) => sum(x)),
    smooth("over a middle axis", [anywhere([2, 3, 2])], (x) => sum(x, 1)),
    smooth("over outer axes, kept", [anywhere([2, 3, 2])], (x) =>
      sum(x, [0, 2], { keepDims: true }),
    ),
    smooth("over the last axis, from the end", [anywhere([2, 3])], (x) => sum(x, -1)),
  ],
  max: [
    kinked("over everything", [distinct([2, 3])], (x) => max(x)),
    kinked("over a middle axis", [distinct([2, 3, 2])], (x) => max(x, 1)),
    kinked("over space, kept", [distinct([2, 2, 3, 3])], (x) => max(x, [2, 3], { keepDims: true })),
  ],
  reshape: [
    smooth("folding axes", [anywhere([2, 3, 2])], (x) => reshape(x, [2, -1])),
    smooth("of a scalar", [anywhere([])], (x) => reshape(x, [1, 1])),
  ],
  broadcastTo: [
    smooth("of a scalar", [anywhere([])], (x) => broadcastTo(x, [2, 3])),
    smooth("of inner and new axes", [anywhere([3, 1, 2])], (x) => broadcastTo(x, [2, 3, 4, 2])),
  ],
  transpose: [
    smooth("of a matrix", [anywhere([2, 3])], (x) => transpose(x, [1, 0])),
    smooth("that is not its own inverse", [anywhere([2, 3, 4])], (x) => transpose(x, [2, 0, 1])),
  ],
  slice: [
    smooth("from the middle", [anywhere([3, 5])], (x) => slice(x, [1, 2], [1, 2])),
    smooth("along one axis", [anywhere([2, 3, 2])], (x) => slice(x, [0, 1, 0], [2, 2, 2])),
  ],
  pad: [
    smooth("on all sides", [anywhere([2, 2])], (x) => pad(x, [1, 2], [4, 5])),
    smooth("behind one axis", [anywhere([2, 3])], (x) => pad(x, [0, 0], [2, 5])),
  ],
  concat: [
    smooth("along the first axis", [anywhere([1, 2]), anywhere([3, 2])], (a, b) =>
      concat([a, b], 0),
    ),
    smooth("along the last axis, one node twice", [anywhere([2, 1]), anywhere([2, 3])], (a, b) =>
      concat([a, b, a], -1),
    ),
  ],
  matmul: [
    smooth("of matrices", [anywhere([2, 3]), anywhere([3, 4])], matmul),
    smooth("of a batch with a matrix", [anywhere([2, 2, 3]), anywhere([3, 2])], matmul),
    smooth("of a matrix with a batch", [anywhere([2, 3]), anywhere([2, 2, 3, 2])], matmul),
    smooth("of batches, both broadcast", [anywhere([2, 1, 2, 3]), anywhere([3, 3, 1])], matmul),
  ],
  conv: convConfigurations.map(({ name, x, w, options }) =>
    smooth(name, [anywhere(x), anywhere(w)], (a, b) => conv(a, b, options)),
  ),
  convInputGrad: convConfigurations.map(({ name, x, w, y, window }) =>
    smooth(name, [anywhere(y), anywhere(w)], (g, b) => convInputGrad(g, b, window, x)),
  ),
  convFilterGrad: convConfigurations.map(({ name, x, w, y, window }) =>
    smooth(name, [anywhere(x), anywhere(y)], (a, g) => convFilterGrad(a, g, window, w)),
  ),
  maxPool: poolConfigurations.map(({ name, x, options }) =>
    kinked(name, [distinct(x)], (a) => maxPool(a, options)),
  ),
  maxPoolScatter: poolConfigurations.map(({ name, x, y, window }) =>
    kinked(name, [anywhere(y), distinct(x)], (g, a) => maxPoolScatter(g, a, window)),
  ),
  maxPoolGather: poolConfigurations.map(({ name, x, y, window }) =>
    kinked(name, [anywhere(x), distinct(x)], (v, a) => maxPoolGather(v, a, window, y)),
  ),
  stopGradient: [constantToAutodiff("of a tensor", [anywhere([2, 3])], stopGradient)],
};
