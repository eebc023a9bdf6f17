/** Tensor shapes: dimensions, axes, NumPy broadcasting. */

/** Dimensions of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** A shape that an operation cannot take. */
export class ShapeError extends Error {
  override name = "ShapeError";
}

/** Number of elements of a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, dim) => size * dim, 1);
}

/** Distance in elements between neighbours along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The axis as a number in [0, rank).
 *
 * @throws {ShapeError} When `axis` is out of range.
 */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(
      `${op}: axis must be in [${-rank}, ${rank}); got ${axis} for shape ${formatShape(shape)}.`,
    );
  }
  return axis < 0 ? axis + rank : axis;
}

/** Sorted, distinct, non-negative axes; all of them when `axes` is undefined. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  shape: Shape,
): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  const normalized = list.map((axis) => normalizeAxis(op, axis, shape)).sort((a, b) => a - b);
  if (new Set(normalized).size !== normalized.length) {
    throw new ShapeError(
      `${op}: axes must be distinct; got [${list}] for shape ${formatShape(shape)}.`,
    );
  }
  return normalized;
}

/**
 * NumPy's broadcasting of two shapes: aligned at the last axis, a dimension of 1 stretches.
 *
 * @throws {ShapeError} When two dimensions differ and neither is 1.
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const x = i <= a.length ? a[a.length - i] : 1;
    const y = i <= b.length ? b[b.length - i] : 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: shapes must be equal or 1 along every axis, counted from the last; got ` +
          `${formatShape(a)} and ${formatShape(b)}. Reshape one of them, or broadcast it first.`,
      );
    }
    result[rank - i] = x === 1 ? y : x;
  }
  return result;
}

/** Axes of `from` that were stretched or added to reach `to`, as axes of `to`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const added = to.length - from.length;
  return to
    .map((_, axis) => axis)
    .filter((axis) => axis < added || (from[axis - added] === 1 && to[axis] !== 1));
}
