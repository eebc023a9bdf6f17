/** Primitives that move elements and compute nothing. */
import {
  broadcastShapes,
  formatShape,
  normalizeAxis,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
} from "../shape.ts";
import { makeNode, type Node } from "./node.ts";

/**
 * The same elements in row-major order under another shape.
 *
 * @param shape  One dimension may be -1: what is left over.
 * @throws {ShapeError} When the sizes differ.
 */
export function reshape(x: Node, shape: Shape): Node {
  const known = sizeOf(shape.filter((dim) => dim !== -1));
  const resolved = shape.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim));
  if (sizeOf(resolved) !== sizeOf(x.shape) || !resolved.every(Number.isInteger)) {
    throw new ShapeError(
      `reshape: shape must hold the ${sizeOf(x.shape)} elements of ${formatShape(x.shape)}; got ${formatShape(shape)}.`,
    );
  }
  return sameShape(resolved, x.shape) ? x : makeNode("reshape", [x], {}, resolved);
}

/** Repeats `x` along axes of size 1 and new leading axes. */
export function broadcastTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new ShapeError(
      `broadcastTo: ${formatShape(x.shape)} must stretch to the target; got ${formatShape(shape)}.`,
    );
  }
  return makeNode("broadcastTo", [x], {}, shape);
}

/** Axis i of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Node, permutation: readonly number[]): Node {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new ShapeError(
      `transpose: permutation must name each axis of ${formatShape(x.shape)} once; got [${permutation}].`,
    );
  }
  if (permutation.every((axis, i) => axis === i)) return x;
  return makeNode(
    "transpose",
    [x],
    { permutation },
    permutation.map((axis) => x.shape[axis]),
  );
}

/** The block of `x` of the given shape whose first element is at `starts`. */
export function slice(x: Node, starts: readonly number[], shape: Shape): Node {
  const fits =
    starts.length === x.shape.length &&
    shape.length === x.shape.length &&
    [...starts, ...shape].every(Number.isInteger) &&
    shape.every((dim) => dim >= 1) &&
    starts.every((start, axis) => start >= 0 && start + shape[axis] <= x.shape[axis]);
  if (!fits) {
    throw new ShapeError(
      `slice: the block must lie inside ${formatShape(x.shape)}; got starts [${starts}] and shape ${formatShape(shape)}.`,
    );
  }
  return sameShape(shape, x.shape) ? x : makeNode("slice", [x], { starts }, shape);
}

/** A tensor of zeros of the given shape that holds `x` at `before`. */
export function pad(x: Node, before: readonly number[], shape: Shape): Node {
  const fits =
    before.length === x.shape.length &&
    shape.length === x.shape.length &&
    [...before, ...shape].every(Number.isInteger) &&
    before.every((start, axis) => start >= 0 && start + x.shape[axis] <= shape[axis]);
  if (!fits) {
    throw new ShapeError(
      `pad: ${formatShape(x.shape)} must fit into the target; got before [${before}] and shape ${formatShape(shape)}.`,
    );
  }
  return sameShape(shape, x.shape) ? x : makeNode("pad", [x], { before }, shape);
}

/**
 * Tensors one behind the other along an axis.
 *
 * @throws {ShapeError} When any other axis differs.
 */
export function concat(parts: readonly Node[], axis: number): Node {
  if (parts.length === 0) throw new ShapeError("concat: needs at least one tensor; got none.");
  const first = parts[0].shape;
  const at = normalizeAxis("concat", axis, first);
  let total = 0;
  for (const { shape } of parts) {
    if (shape.length !== first.length || shape.some((dim, i) => i !== at && dim !== first[i])) {
      throw new ShapeError(
        `concat: shapes must agree but along axis ${at}; got ${formatShape(first)} and ${formatShape(shape)}.`,
      );
    }
    total += shape[at];
  }
  if (parts.length === 1) return parts[0];
  return makeNode(
    "concat",
    parts,
    { axis: at },
    first.map((dim, i) => (i === at ? total : dim)),
  );
}
