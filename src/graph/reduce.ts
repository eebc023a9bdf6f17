/** Primitives that fold axes away. */
import { normalizeAxes, type Shape } from "../shape.ts";
import { reshape } from "./layout.ts";
import { makeNode, type Node } from "./node.ts";

export interface ReduceOptions {
  /** Reduced axes stay, with size 1. */
  readonly keepDims?: boolean;
}

type Axes = number | readonly number[] | undefined;

const reducedShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));

function reduce(op: "sum" | "max", x: Node, axes: Axes, { keepDims = false }: ReduceOptions): Node {
  const dims = normalizeAxes(op, axes, x.shape);
  // The primitive keeps reduced axes; one that folds only axes of size 1 changes nothing.
  const folded = dims.every((axis) => x.shape[axis] === 1)
    ? x
    : makeNode(op, [x], { axes: dims }, reducedShape(x.shape, dims));
  return keepDims
    ? folded
    : reshape(
        folded,
        x.shape.filter((_, axis) => !dims.includes(axis)),
      );
}

/** Sum over `axes` (all by default). */
export function sum(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  return reduce("sum", x, axes, options);
}

/** Maximum over `axes` (all by default); the derivative is shared among equal maxima. */
export function max(x: Node, axes?: Axes, options: ReduceOptions = {}): Node {
  return reduce("max", x, axes, options);
}
