/** Index maps: where the elements of one tensor lie in another one. */
import { type Shape, sizeOf, stridesOf } from "../../shape.ts";

/**
 * The places start + Σ iₐ·strideₐ of all indices i of a shape, in row-major order.
 *
 * @param strides  Step along each axis of `shape`, in elements; 0 stays where it is.
 */
export function offsets(shape: Shape, strides: readonly number[], start: number = 0): Int32Array {
  const places = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < places.length; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      index[axis]++;
      if (index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return places;
}

/** For each element of `to`, the element of `from` that broadcasting puts there. */
export function broadcastOffsets(from: Shape, to: Shape): Int32Array {
  const added = to.length - from.length;
  const strides = stridesOf(from);
  return offsets(
    to,
    to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : strides[axis - added])),
  );
}

/** For each element of a block, its place in a tensor of shape `whole` that has the block at `starts`. */
export function blockOffsets(block: Shape, whole: Shape, starts: readonly number[]): Int32Array {
  const strides = stridesOf(whole);
  const first = starts.reduce((place, start, axis) => place + start * strides[axis], 0);
  return offsets(block, strides, first);
}
