/** Where the axes of an operand go: which axis of a result runs over the same places. */
import type { Node } from "../../graph/index.ts";
import { type Shape, sizeOf } from "../../shape.ts";

/**
 * - a number: that axis of the result.
 * - "mixed": every place of the result depends on all of the axis's places.
 * - "cut": only some of the places are read; the axis may be another number of places long.
 */
export type AxisFlow = number | "mixed" | "cut";

/** Where axis `axis` of operand `index` of a node goes. */
export function axisFlow(node: Node, index: number, axis: number): AxisFlow {
  const operand = node.inputs[index].shape;
  switch (node.op) {
    case "transpose":
      return node.attributes.permutation.indexOf(axis);
    case "reshape":
      return axisAt(node.shape, sizeBefore(operand, axis), operand[axis]) ?? "mixed";
    case "sum":
    case "max":
      return node.attributes.axes.includes(axis) ? "mixed" : axis;
    case "slice":
      return node.shape[axis] === operand[axis] ? axis : "cut";
    case "matmul":
      return matmulFlow(node, index, axis);
    case "conv":
    case "convInputGrad":
    case "maxPool":
      return imageFlow(index, axis);
    case "pad":
    case "concat":
      return axis;
    case "convFilterGrad":
    case "maxPoolScatter":
    case "maxPoolGather":
      return "mixed";
    default:
      // Element by element: axes are aligned at the last one.
      return axis + node.shape.length - operand.length;
  }
}

/** Number of elements in front of an axis's own. */
export const sizeBefore = (shape: Shape, axis: number): number => sizeOf(shape.slice(0, axis));

/** The axis of a shape with this length and so many elements in front. */
export function axisAt(shape: Shape, before: number, length: number): number | undefined {
  const found = shape.findIndex(
    (dim, axis) => dim === length && sizeBefore(shape, axis) === before,
  );
  return found < 0 ? undefined : found;
}

/** A constant, in whatever layout. */
const isConstant = ({ op, inputs }: Node): boolean =>
  op === "constant" || ((op === "transpose" || op === "reshape") && isConstant(inputs[0]));

/** Pictures go in and out with their places; the filter's axes do not matter here. */
function imageFlow(index: number, axis: number): AxisFlow {
  return index === 0 && axis !== 1 ? axis : "mixed";
}

/**
 * The summed axis is mixed, unless the other operand is a constant matrix: that is a resampling,
 * as pools and resizing are made of, whose result lies on the same axis.
 */
function matmulFlow({ inputs, shape }: Node, index: number, axis: number): AxisFlow {
  const { length } = inputs[index].shape;
  const rank = shape.length;
  const other = inputs[1 - index];
  const isResampled = other.shape.length === 2 && isConstant(other);
  const [kept, summed] = index === 0 ? [length - 2, length - 1] : [length - 1, length - 2];
  if (axis === kept) return index === 0 ? rank - 2 : rank - 1;
  if (axis === summed) {
    if (!isResampled) return "mixed";
    return index === 0 ? rank - 1 : rank - 2;
  }
  return axis + rank - length;
}
