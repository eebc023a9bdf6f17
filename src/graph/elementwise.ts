/** Primitives that act on each element; two operands broadcast as in NumPy. */
import { broadcastShapes } from "../shape.ts";
import { makeNode, type Node } from "./node.ts";
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

/** `x` where `control` > 0, else 0. Linear in `x`, constant to autodiff in `control`. */
export function gate(x: Node, control: Node): Node {
  return makeNode("gate", [x, control], {}, broadcastShapes("gate", x.shape, control.shape));
}

export const neg = (x: Node): Node => makeNode("neg", [x], {}, x.shape);
export const exp = (x: Node): Node => makeNode("exp", [x], {}, x.shape);
/** Natural logarithm. */
export const log = (x: Node): Node => makeNode("log", [x], {}, x.shape);
export const sqrt = (x: Node): Node => makeNode("sqrt", [x], {}, x.shape);
/** 1 / (1 + exp(-x)). */
export const sigmoid = (x: Node): Node => makeNode("sigmoid", [x], {}, x.shape);
/** log(1 + exp(x)), without overflow. */
export const softplus = (x: Node): Node => makeNode("softplus", [x], {}, x.shape);
/** max(x, 0), with derivative 0 at 0. */
export const relu = (x: Node): Node => makeNode("relu", [x], {}, x.shape);
/** `x`, constant to autodiff. */
export const stopGradient = (x: Node): Node => makeNode("stopGradient", [x], {}, x.shape);
