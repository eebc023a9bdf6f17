/** Primitives that fold axes away, or order the elements along one. */
import { normalizeAxes, type Shape, ShapeError } from "../shape.ts";
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

/**
 * Place of each element in the descending order of its row: 0 for the largest. Equal elements
 * follow one another as they stand. Constant to autodiff.
 *
 * @param x  [..., n]; rows lie along the last axis.
 * @returns  Integers in [0, n), the shape of `x`.
 * @throws {ShapeError} When `x` is a scalar.
 */
export function rank(x: Node): Node {
  if (x.shape.length === 0) {
    throw new ShapeError("rank: x must have at least one axis; got a scalar. Reshape it to [1].");
  }
  return makeNode("rank", [x], {}, x.shape);
}
