/** Primitives that act on each element; two operands broadcast as in NumPy. */
import { broadcastShapes, ShapeError } from "../shape.ts";
import { type GateBounds, makeNode, type Node } from "./node.ts";
import { constant } from "./source.ts";

type Operand = Node | number;

const toNode = (operand: Operand): Node =>
  typeof operand === "number" ? constant(operand) : operand;

function binary(op: "add" | "sub" | "mul" | "div" | "equal", a: Operand, b: Operand): Node {
  const [x, y] = [toNode(a), toNode(b)];
  return makeNode(op, [x, y], {}, broadcastShapes(op, x.shape, y.shape));
}

export const add = (a: Operand, b: Operand): Node => binary("add", a, b);
export const sub = (a: Operand, b: Operand): Node => binary("sub", a, b);
export const mul = (a: Operand, b: Operand): Node => binary("mul", a, b);
export const div = (a: Operand, b: Operand): Node => binary("div", a, b);

/** 1 where the operands are equal, else 0; constant to autodiff. */
export const equal = (a: Operand, b: Operand): Node => binary("equal", a, b);

/**
 * `x` where `above` < `control` < `below`, else 0. Linear in `x`, constant to autodiff in `control`.
 *
 * @param bounds  Above 0 by default.
 */
export function gate(x: Node, control: Node, bounds: GateBounds = {}): Node {
  return makeNode("gate", [x, control], bounds, broadcastShapes("gate", x.shape, control.shape));
}

export const neg = (x: Node): Node => makeNode("neg", [x], {}, x.shape);
export const exp = (x: Node): Node => makeNode("exp", [x], {}, x.shape);
/** Natural logarithm. */
export const log = (x: Node): Node => makeNode("log", [x], {}, x.shape);
export const sqrt = (x: Node): Node => makeNode("sqrt", [x], {}, x.shape);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Node): Node => makeNode("sigmoid", [x], {}, x.shape);
export const tanh = (x: Node): Node => makeNode("tanh", [x], {}, x.shape);
/** 2/√π · ∫₀ˣ exp(−t²) dt. */
export const erf = (x: Node): Node => makeNode("erf", [x], {}, x.shape);
/** log(1 + exp(x)), without overflow. */
export const softplus = (x: Node): Node => makeNode("softplus", [x], {}, x.shape);
/** max(x, 0), with derivative 0 at 0. */
export const relu = (x: Node): Node => makeNode("relu", [x], {}, x.shape);

/**
 * min(max(x, low), high), with derivative 0 at both bounds, as ReLU6 has it, and beyond.
 *
 * @param low   No lower bound where it is undefined.
 * @param high  No upper bound where it is undefined.
 * @throws {ShapeError} When the bounds are not in order.
 */
export function clip(x: Node, low: number = -Infinity, high: number = Infinity): Node {
  if (!(low <= high)) {
    throw new ShapeError(`clip: low must be at most high; got ${low} and ${high}.`);
  }
  if (low === -Infinity && high === Infinity) return x;
  return makeNode("clip", [x], { low, high }, x.shape);
}

/**
 * A sigmoid of three straight lines, with derivative 0 at its corners.
 *
 *   min(max(αx + β, 0), 1)
 */
export function hardSigmoid(
  x: Node,
  { alpha = 0.2, beta = 0.5 }: { readonly alpha?: number; readonly beta?: number } = {},
): Node {
  return makeNode("hardSigmoid", [x], { alpha, beta }, x.shape);
}

/** `x`, constant to autodiff. */
export const stopGradient = (x: Node): Node => makeNode("stopGradient", [x], {}, x.shape);
