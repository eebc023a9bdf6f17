/** Places of a tensor by known numbers: with steps, listed, or repeated beyond the edges. */
import { formatShape, normalizeAxis, type Shape, ShapeError, sizeOf } from "../shape.ts";
import { broadcastTo, concat, pad, reshape, slice, transpose } from "./layout.ts";
import { matmul } from "./linear.ts";
import type { Node } from "./node.ts";
import { constant } from "./source.ts";

export interface StridedSliceOptions {
  /** For each axis the first place, and the one that is not reached. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** At least 1. */
  readonly steps: readonly number[];
}

/**
 * Every so many places along each axis: NumPy's `x[start:end:step, ...]`.
 *
 * @throws {ShapeError} When a range lies outside `x`, is empty, or its step is below 1.
 */
export function stridedSlice(x: Node, { starts, ends, steps }: StridedSliceOptions): Node {
  const rank = x.shape.length;
  const fits =
    [starts, ends, steps].every((list) => list.length === rank && list.every(Number.isInteger)) &&
    x.shape.every((dim, axis) => starts[axis] >= 0 && ends[axis] <= dim && steps[axis] >= 1) &&
    starts.every((start, axis) => start < ends[axis]);
  if (!fits) {
    throw new ShapeError(
      `stridedSlice: each axis must have a range inside ${formatShape(x.shape)} and a step of at least 1; got starts [${starts.join(", ")}], ends [${ends.join(", ")}], steps [${steps.join(", ")}].`,
    );
  }
  const counts = x.shape.map((_, axis) => Math.ceil((ends[axis] - starts[axis]) / steps[axis]));
  // Whole groups of `step` places, of which the one at `phase` is wanted.
  const lengths = counts.map((count, axis) => count * steps[axis]);
  const roomy = x.shape.map((dim, axis) => Math.max(dim, lengths[axis]));
  const whole = pad(x, new Array<number>(rank).fill(0), roomy);
  const firsts = starts.map((start, axis) => Math.min(start, roomy[axis] - lengths[axis]));
  const phases = starts.map((start, axis) => start - firsts[axis]);
  const groups = reshape(
    slice(whole, firsts, lengths),
    counts.flatMap((count, axis) => (steps[axis] === 1 ? [count] : [count, steps[axis]])),
  );
  const picked = slice(
    groups,
    phases.flatMap((phase, axis) => (steps[axis] === 1 ? [0] : [0, phase])),
    counts.flatMap((count, axis) => (steps[axis] === 1 ? [count] : [count, 1])),
  );
  return reshape(picked, counts);
}

/**
 * The most runs of neighbouring places that are sliced. Each costs two passes in the derivative, where
 * it is padded and added; a product costs as much as some three passes, for axes of some 64 places.
 */
const mostRuns = 4;

/**
 * The listed places along an axis, in that order: NumPy's `take`. Numbers must be finite.
 *
 * @param indices  In [0, x.shape[axis]); the result has as many places along the axis.
 * @throws {ShapeError} When an index is out of range, or there is none.
 */
export function gatherConstant(x: Node, indices: readonly number[], axis: number): Node {
  const at = normalizeAxis("gatherConstant", axis, x.shape);
  const length = x.shape[at];
  if (
    indices.length === 0 ||
    !indices.every((index) => Number.isInteger(index) && index >= 0 && index < length)
  ) {
    throw new ShapeError(
      `gatherConstant: indices must be integers in [0, ${length}), and at least one; got [${indices.join(", ")}].`,
    );
  }
  const runs = runsOf(indices);
  if (runs.length > mostRuns) return oneHotProduct(x, indices, at);
  const parts = runs.map(({ start, length: size }) =>
    slice(x, replaced(new Array(x.shape.length).fill(0), at, start), replaced(x.shape, at, size)),
  );
  return concat(parts, at);
}

interface Run {
  readonly start: number;
  readonly length: number;
}

/** Neighbours that follow one another. */
function runsOf(indices: readonly number[]): Run[] {
  const firsts = [...indices.keys()].filter((i) => i === 0 || indices[i] !== indices[i - 1] + 1);
  return firsts.map((first, k) => ({
    start: indices[first],
    length: (firsts[k + 1] ?? indices.length) - first,
  }));
}

const replaced = (shape: Shape, axis: number, dim: number): number[] =>
  shape.map((other, i) => (i === axis ? dim : other));

/** A product with the matrix that has a 1 in each row, at the index. */
function oneHotProduct(x: Node, indices: readonly number[], axis: number): Node {
  const length = x.shape[axis];
  const rows = new Float64Array(indices.length * length);
  for (const [i, index] of indices.entries()) rows[i * length + index] = 1;
  const matrix = constant(rows, [indices.length, length]);
  const target = replaced(x.shape, axis, indices.length);
  const [before, after] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
  const picked =
    after === 1
      ? matmul(reshape(x, [before, length]), transpose(matrix, [1, 0]))
      : matmul(matrix, reshape(x, [before, length, after]));
  return reshape(picked, target);
}

/**
 * `x` with more places around it.
 *
 * - `constant`: `value` there.
 * - `reflect`: mirrored at the first and last place, which are not repeated: 2 1 | 0 1 2 | 1 0.
 * - `edge`: the first and last place over and over.
 *
 * @param before, after  Places for each axis.
 * @throws {ShapeError} When a number of places is negative, or a mirrored axis has too few.
 */
export function padMode(
  x: Node,
  before: readonly number[],
  after: readonly number[],
  mode: "constant" | "reflect" | "edge",
  value: number = 0,
): Node {
  const fits = [before, after].every(
    (amounts) =>
      amounts.length === x.shape.length &&
      amounts.every(
        (amount, axis) =>
          Number.isInteger(amount) && amount >= 0 && (mode !== "reflect" || amount < x.shape[axis]),
      ),
  );
  if (!fits) {
    throw new ShapeError(
      `padMode: before and after must have an integer of at least 0 for each axis of ${formatShape(x.shape)}, below its size for reflect; got [${before.join(", ")}] and [${after.join(", ")}].`,
    );
  }
  if (mode === "constant") {
    if (value === 0) {
      return pad(
        x,
        before,
        x.shape.map((dim, axis) => before[axis] + dim + after[axis]),
      );
    }
    return x.shape.reduce(
      (padded: Node, _, axis) => padAxis(padded, axis, before[axis], after[axis], value),
      x,
    );
  }
  const source = mode === "edge" ? clamped : mirrored;
  return x.shape.reduce((padded: Node, dim, axis) => {
    const places = Array.from({ length: before[axis] + dim + after[axis] }, (_, i) =>
      source(i - before[axis], dim),
    );
    return places.length === dim ? padded : gatherConstant(padded, places, axis);
  }, x);
}

const clamped = (place: number, length: number): number => Math.min(Math.max(place, 0), length - 1);

const mirrored = (place: number, length: number): number =>
  length - 1 - Math.abs(length - 1 - Math.abs(place));

/** Blocks of one value on both ends of an axis. */
function padAxis(x: Node, axis: number, before: number, after: number, value: number): Node {
  const block = (size: number): readonly Node[] =>
    size === 0 ? [] : [broadcastTo(constant(value), replaced(x.shape, axis, size))];
  return concat([...block(before), x, ...block(after)], axis);
}
