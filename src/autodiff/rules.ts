/**
 * The derivative of every primitive: from the cotangent of its result to those of its operands.
 *
 * Rules build nodes, so gradients have gradients. `undefined` is a cotangent of zero.
 */
import {
  add,
  broadcastTo,
  conv,
  convFilterGrad,
  convInputGrad,
  div,
  equal,
  exp,
  gate,
  matmul,
  maxPoolGather,
  maxPoolScatter,
  mul,
  type Node,
  type NodeOf,
  neg,
  type Primitive,
  pad,
  reshape,
  sigmoid,
  slice,
  sub,
  sum,
  transpose,
} from "../graph/index.ts";
import type { Shape } from "../shape.ts";
import { broadcastAxes } from "../shape.ts";

type Cotangents = readonly (Node | undefined)[];

/** @param g  Cotangent of the result, of its shape. @param y  The result itself. */
type VjpRule<P extends Primitive> = (
  g: Node,
  inputs: readonly Node[],
  y: NodeOf<P> & Node,
) => Cotangents;

/** Sums `g` over the axes along which an operand of this shape was stretched. */
function unbroadcast(g: Node, shape: Shape): Node {
  const axes = broadcastAxes(shape, g.shape);
  return axes.length === 0 ? reshape(g, shape) : reshape(sum(g, axes, { keepDims: true }), shape);
}

/** Swaps the last two axes. */
function swapLast(x: Node): Node {
  const rank = x.shape.length;
  return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

function convOptions({ attributes }: NodeOf<"conv" | "convInputGrad" | "convFilterGrad">) {
  const { strides, pads, dilations, groups } = attributes;
  return { stride: strides, padding: pads, dilation: dilations, groups };
}

export const vjpRules: { readonly [P in Primitive]: VjpRule<P> } = {
  input: () => [],
  constant: () => [],
  stopGradient: () => [undefined],
  neg: (g) => [neg(g)],
  exp: (g, _, y) => [mul(g, y)],
  log: (g, [x]) => [div(g, x)],
  sqrt: (g, _, y) => [div(mul(g, 0.5), y)],
  sigmoid: (g, _, y) => [mul(g, mul(y, sub(1, y)))],
  tanh: (g, _, y) => [mul(g, sub(1, mul(y, y)))],
  erf: (g, [x]) => [mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))],
  hardSigmoid: (g, _, y) => [mul(gate(g, y, { below: 1 }), y.attributes.alpha)],
  softplus: (g, [x]) => [mul(g, sigmoid(x))],
  relu: (g, _, y) => [gate(g, y)],
  clip: (g, _, y) => [gate(g, y, { above: y.attributes.low, below: y.attributes.high })],
  equal: () => [undefined, undefined],
  rank: () => [undefined],
  gate: (g, [x, control], { attributes }) => [
    unbroadcast(gate(g, control, attributes), x.shape),
    undefined,
  ],
  add: (g, [a, b]) => [unbroadcast(g, a.shape), unbroadcast(g, b.shape)],
  sub: (g, [a, b]) => [unbroadcast(g, a.shape), unbroadcast(neg(g), b.shape)],
  mul: (g, [a, b]) => [unbroadcast(mul(g, b), a.shape), unbroadcast(mul(g, a), b.shape)],
  div: (g, [a, b], y) => [
    unbroadcast(div(g, b), a.shape),
    unbroadcast(neg(div(mul(g, y), b)), b.shape),
  ],
  sum: (g, [x]) => [broadcastTo(g, x.shape)],
  max: (g, [x], y) => {
    const winners = equal(x, y);
    return [mul(winners, div(g, sum(winners, y.attributes.axes, { keepDims: true })))];
  },
  reshape: (g, [x]) => [reshape(g, x.shape)],
  broadcastTo: (g, [x]) => [unbroadcast(g, x.shape)],
  transpose: (g, _, { attributes: { permutation } }) => {
    const inverse = permutation.map((__, axis) => permutation.indexOf(axis));
    return [transpose(g, inverse)];
  },
  slice: (g, [x], { attributes: { starts } }) => [pad(g, starts, x.shape)],
  pad: (g, [x], { attributes: { before } }) => [slice(g, before, x.shape)],
  concat: (g, parts, { attributes: { axis } }) => {
    let start = 0;
    return parts.map(({ shape }) => {
      const starts = shape.map((_, i) => (i === axis ? start : 0));
      start += shape[axis];
      return slice(g, starts, shape);
    });
  },
  matmul: (g, [a, b]) => [
    unbroadcast(matmul(g, swapLast(b)), a.shape),
    unbroadcast(matmul(swapLast(a), g), b.shape),
  ],
  conv: (g, [x, w], { attributes }) => [
    convInputGrad(g, w, attributes, x.shape),
    convFilterGrad(x, g, attributes, w.shape),
  ],
  convInputGrad: (v, [g, w], y) => [
    conv(v, w, convOptions(y)),
    convFilterGrad(v, g, y.attributes, w.shape),
  ],
  convFilterGrad: (v, [x, g], y) => [
    convInputGrad(g, v, y.attributes, x.shape),
    conv(x, v, convOptions(y)),
  ],
  maxPool: (g, [x], { attributes }) => [maxPoolScatter(g, x, attributes)],
  maxPoolScatter: (v, [g, x], { attributes }) => [
    maxPoolGather(v, x, attributes, g.shape),
    undefined,
  ],
  maxPoolGather: (v, [, x], { attributes }) => [maxPoolScatter(v, x, attributes), undefined],
};

/** A sum of cotangents, where `undefined` is none yet. */
export const accumulate = (total: Node | undefined, g: Node): Node =>
  total === undefined ? g : add(total, g);
