/**
 * In which order the values of four axes lie in memory, and the same primitive for another order.
 *
 * Convolutions by Winograd and 1x1 convolutions are matrix products when the channels of a place
 * lie side by side. What is between two of them follows, so that nothing is reordered in between.
 */
import { makeNode, type Node, type Primitive } from "../graph/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Emitter } from "./emitter.ts";

/** `channelsFirst`: [N, C, H, W], as the graph has it. `spatialFirst`: [H, W, N, C]. */
export type Layout = "channelsFirst" | "spatialFirst";

/** Axis of the other layout for each axis; it is its own inverse. */
const swapped = [2, 3, 0, 1] as const;

const swapAxes = <T>(values: readonly T[]): T[] => swapped.map((axis) => values[axis]);

/** The shape of a value in the other layout; what has not four axes is the same in both. */
const swapShape = (shape: Shape): Shape => (shape.length === 4 ? swapAxes(shape) : shape);

/** The shape that a value of a node's shape has in a layout. */
export const inLayout = (shape: Shape, layout: Layout): Shape =>
  layout === "spatialFirst" ? swapShape(shape) : shape;

/** A value from one layout to the other. */
export function swapLayout(emitter: Emitter, name: string, from: Shape): string {
  if (from.length !== 4) return name;
  const to = swapShape(from);
  const [a, b, c, d] = from;
  // Axes of one element may move without a copy.
  if (a * b === 1 || c * d === 1) return emitter.reshape(name, to);
  // Of two axes it is four times as fast, but only as Einsum: ONNX Runtime folds the reshapes into
  // Transpose, which is slow again.
  const flat = emitter.reshape(name, [a * b, c * d]);
  const turned = emitter.emit("Einsum", [flat], { equation: { string: "ij->ji" } });
  return emitter.reshape(turned, to);
}

/** Primitives that work in either layout, element by element or axis by axis. */
const followers: ReadonlySet<Primitive> = new Set([
  ...(["neg", "exp", "log", "sqrt", "sigmoid", "tanh", "erf", "hardSigmoid", "softplus"] as const),
  ...(["relu", "clip", "equal", "gate"] as const),
  ...(["add", "sub", "mul", "div", "sum", "max", "slice", "pad", "concat"] as const),
]);

/** Whether a node can be computed in either layout. */
export function isFollower({ op, shape, inputs }: Node): boolean {
  if (!followers.has(op) || shape.length !== 4) return false;
  return inputs.every((operand) => operand.shape.length === 4 || sizeOf(operand.shape) === 1);
}

/** The node with its axes in the order of `spatialFirst`. */
export function inSpatialFirst(node: Node): Node {
  const inputs = node.inputs.map((operand) =>
    makeNode<Primitive>(operand.op, [], operand.attributes, swapShape(operand.shape)),
  );
  return makeNode<Primitive>(node.op, inputs, swappedAttributes(node), swapShape(node.shape));
}

function swappedAttributes(node: Node): Node["attributes"] {
  switch (node.op) {
    case "sum":
    case "max":
      return { axes: node.attributes.axes.map((axis) => swapped[axis]) };
    case "slice":
      return { starts: swapAxes(node.attributes.starts) };
    case "pad":
      return { before: swapAxes(node.attributes.before) };
    case "concat":
      return { axis: swapped[node.attributes.axis] };
    default:
      return node.attributes;
  }
}
