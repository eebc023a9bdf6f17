/** How every primitive but the convolutions becomes ONNX operators. */
import type { GateBounds, Node, NodeOf, PoolWindow, Primitive } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import type { ConvOp } from "./convolution/problem.ts";
import { type Attributes, type Emitter, int, ints } from "./emitter.ts";

/** @param inputs  Names of the operands' values. @returns  Name of the result. */
type LowerRule<P extends Primitive> = (
  emitter: Emitter,
  node: NodeOf<P> & Node,
  inputs: readonly string[],
) => string;

/** A rule for an ONNX operator that does the same on the same operands. */
const direct =
  <P extends Primitive>(op: string): LowerRule<P> =>
  (emitter, _, inputs) =>
    emitter.emit(op, inputs);

const reduction =
  <P extends "sum" | "max">(op: string): LowerRule<P> =>
  (emitter, { attributes }, [x]) =>
    emitter.emit(op, [x, emitter.integers(attributes.axes)], { keepdims: int(1) });

const poolAttributes = ({ kernel, strides, pads }: PoolWindow): Attributes => ({
  kernel_shape: ints(kernel),
  strides: ints(strides),
  pads: ints(pads),
});

/** Maxima of `x` and where they lie, as places in the whole tensor laid flat. */
const pool = (emitter: Emitter, x: string, window: PoolWindow): readonly string[] =>
  emitter.emitAll("MaxPool", [x], poolAttributes(window), 2);

const hardSigmoid = (emitter: Emitter, x: string, alpha: number, beta: number): string =>
  emitter.emit("HardSigmoid", [x], { alpha: { float: alpha }, beta: { float: beta } });

/** 1 above zero, else 0: HardSigmoid with this slope, in one pass (from 3e-39 on). */
export const step = (emitter: Emitter, x: string): string => hardSigmoid(emitter, x, 3.4e38, 0);

/**
 * 1 above a bound, or below it for a direction of −1, else 0.
 *
 * The slope is a power of two, so that what equals the bound gives exactly 0, and so steep that the
 * next float32 gives 1.
 */
function beyond(emitter: Emitter, x: string, bound: number, direction: 1 | -1): string {
  const place = Math.fround(bound);
  const slope = direction * 2 ** Math.min(126 - Math.ceil(Math.log2(Math.abs(place))), 127);
  return hardSigmoid(emitter, x, slope, -slope * place);
}

/** 1 between the bounds of a gate, else 0. */
export function between(
  emitter: Emitter,
  control: string,
  { above = 0, below = Infinity }: GateBounds,
): string {
  const upper = below === Infinity ? undefined : beyond(emitter, control, below, -1);
  if (above === -Infinity && upper !== undefined) return upper;
  const lower = above === 0 ? step(emitter, control) : beyond(emitter, control, above, 1);
  return upper === undefined ? lower : emitter.emit("Mul", [lower, upper]);
}

/** Primitives with one way to lower them; convolutions have a table of algorithms. */
export type PlainPrimitive = Exclude<Primitive, ConvOp>;

export const lowerRules: { readonly [P in PlainPrimitive]: LowerRule<P> } = {
  input: (_, { attributes }) => attributes.name,
  constant: (emitter, { attributes: { data }, shape }) =>
    shape.length === 0 ? emitter.scalar(data[0]) : emitter.tensor(Float32Array.from(data), shape),
  stopGradient: (_, __, [x]) => x,
  neg: direct("Neg"),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  sigmoid: direct("Sigmoid"),
  tanh: direct("Tanh"),
  erf: direct("Erf"),
  hardSigmoid: (emitter, { attributes: { alpha, beta } }, [x]) =>
    hardSigmoid(emitter, x, alpha, beta),
  softplus: direct("Softplus"),
  relu: direct("Relu"),
  clip: (emitter, { attributes: { low, high } }, [x]) =>
    emitter.emit("Clip", [x, emitter.scalar(low), emitter.scalar(high)]),
  equal: (emitter, _, inputs) =>
    emitter.emit("Cast", [emitter.emit("Equal", inputs)], { to: int(1) }),
  gate: (emitter, { attributes }, [x, control]) =>
    emitter.emit("Mul", [x, between(emitter, control, attributes)]),
  rank: (emitter, { shape }, [x]) => {
    const length = shape[shape.length - 1];
    // Sorted in descending order, equal elements by index: place j holds the element at order[j].
    const order = emitter.emitAll("TopK", [x, emitter.integers([length])], { axis: int(-1) }, 2)[1];
    const places = emitter.tensor(
      Float32Array.from({ length }, (_, i) => i),
      [length],
    );
    const rows = emitter.emit("Expand", [places, emitter.integers(shape)]);
    // Every place of x is overwritten.
    return emitter.emit("ScatterElements", [x, order, rows], { axis: int(-1) });
  },
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  sum: reduction("ReduceSum"),
  max: reduction("ReduceMax"),
  reshape: (emitter, { shape }, [x]) => emitter.reshape(x, shape),
  broadcastTo: (emitter, { shape }, [x]) => emitter.emit("Expand", [x, emitter.integers(shape)]),
  transpose: (emitter, { attributes }, inputs) =>
    emitter.emit("Transpose", inputs, { perm: ints(attributes.permutation) }),
  slice: (emitter, { attributes: { starts }, shape, inputs }, [x]) => {
    const axes = shape
      .map((_, axis) => axis)
      .filter((axis) => shape[axis] !== inputs[0].shape[axis]);
    return emitter.emit("Slice", [
      x,
      emitter.integers(axes.map((axis) => starts[axis])),
      emitter.integers(axes.map((axis) => starts[axis] + shape[axis])),
      emitter.integers(axes),
    ]);
  },
  pad: (emitter, { attributes: { before }, shape, inputs }, [x]) => {
    const after = shape.map((dim, axis) => dim - before[axis] - inputs[0].shape[axis]);
    return emitter.emit("Pad", [x, emitter.integers([...before, ...after]), emitter.scalar(0)]);
  },
  concat: (emitter, { attributes }, inputs) =>
    emitter.emit("Concat", inputs, { axis: int(attributes.axis) }),
  matmul: direct("MatMul"),
  maxPool: (emitter, { attributes }, [x]) => pool(emitter, x, attributes)[0],
  maxPoolScatter: (emitter, { attributes, shape }, [g, x]) => {
    const places = emitter.reshape(pool(emitter, x, attributes)[1], [-1]);
    const values = emitter.reshape(g, [-1]);
    const zeros = emitter.emit("Expand", [emitter.scalar(0), emitter.integers([sizeOf(shape)])]);
    const attributesOfScatter: Attributes = overlaps(attributes)
      ? { axis: int(0), reduction: { string: "add" } }
      : { axis: int(0) };
    const flat = emitter.emit("ScatterElements", [zeros, places, values], attributesOfScatter);
    return emitter.reshape(flat, shape);
  },
  maxPoolGather: (emitter, { attributes, shape }, [values, x]) => {
    const places = emitter.reshape(pool(emitter, x, attributes)[1], [-1]);
    const flat = emitter.reshape(values, [-1]);
    return emitter.reshape(emitter.emit("GatherElements", [flat, places], { axis: int(0) }), shape);
  },
};

const overlaps = ({ kernel, strides }: PoolWindow): boolean =>
  kernel.some((size, axis) => size > strides[axis]);
