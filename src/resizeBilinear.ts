/** Bilinear resizing of one plane. */

import { formatShape, ShapeError } from "./shape.ts";

/**
 * A plane resized bilinearly with half-pixel centres, as PyTorch's `interpolate(mode="bilinear",
 * align_corners=False)`: no antialiasing when it shrinks, edges repeated.
 *
 *   source = max(0, (target + ½) · size / newSize − ½)
 *
 * @param plane  Row-major, [height, width].
 * @returns      [newHeight, newWidth].
 * @throws {ShapeError} When `plane` does not have `height · width` numbers, or a size is not a
 *                      positive integer.
 */
export function resizeBilinear(
  plane: Float32Array,
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): Float32Array {
  const resized = new Float32Array(newHeight * newWidth);
  resizeBilinearInto(resized, plane, height, width, newHeight, newWidth);
  return resized;
}

/** The allocation-free twin: `resized` has `newHeight · newWidth` numbers. */
export function resizeBilinearInto(
  resized: Float32Array,
  plane: Float32Array,
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): void {
  resizeInto(halfPixel, resized, plane, height, width, newHeight, newWidth);
}

/**
 * A plane resized bilinearly with its corners on the corners, as PyTorch's `align_corners=True` and
 * SciPy's `zoom` of order 1.
 *
 *   source = target · (size − 1) / (newSize − 1)
 *
 * `resized` has `newHeight · newWidth` numbers.
 *
 * @throws {ShapeError} When `plane` or `resized` does not have the numbers of its size.
 */
export function resizeAlignedInto(
  resized: Float32Array,
  plane: Float32Array,
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): void {
  resizeInto(aligned, resized, plane, height, width, newHeight, newWidth);
}

/** Where on the source's axis a target lies, in places. */
type Coordinate = (target: number, size: number, newSize: number) => number;

const halfPixel: Coordinate = (target, size, newSize) =>
  Math.max(0, (target + 0.5) * (size / newSize) - 0.5);

const aligned: Coordinate = (target, size, newSize) =>
  newSize === 1 ? 0 : target * ((size - 1) / (newSize - 1));

/** For each target of an axis the two places that it lies between, and how far along. */
interface Neighbors {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly share: Float64Array;
}

function neighbors(coordinate: Coordinate, size: number, newSize: number): Neighbors {
  const low = new Int32Array(newSize);
  const high = new Int32Array(newSize);
  const share = new Float64Array(newSize);
  for (let i = 0; i < newSize; i++) {
    const place = coordinate(i, size, newSize);
    low[i] = Math.min(Math.floor(place), size - 1);
    high[i] = Math.min(low[i] + 1, size - 1);
    share[i] = place - low[i];
  }
  return { low, high, share };
}

function resizeInto(
  coordinate: Coordinate,
  resized: Float32Array,
  plane: Float32Array,
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): void {
  checkPlane("plane", plane, height, width);
  checkPlane("resized", resized, newHeight, newWidth);
  const rows = neighbors(coordinate, height, newHeight);
  const columns = neighbors(coordinate, width, newWidth);
  for (let y = 0; y < newHeight; y++) {
    const top = rows.low[y] * width;
    const bottom = rows.high[y] * width;
    const down = rows.share[y];
    for (let x = 0; x < newWidth; x++) {
      const left = columns.low[x];
      const right = columns.high[x];
      const across = columns.share[x];
      const upper = plane[top + left] * (1 - across) + plane[top + right] * across;
      const lower = plane[bottom + left] * (1 - across) + plane[bottom + right] * across;
      resized[y * newWidth + x] = upper * (1 - down) + lower * down;
    }
  }
}

function checkPlane(argument: string, plane: Float32Array, height: number, width: number): void {
  const isShape = Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0;
  if (!isShape || plane.length !== height * width) {
    throw new ShapeError(
      `resizeBilinear: ${argument} must have height · width numbers and at least one; got ` +
        `${plane.length} for ${formatShape([height, width])}.`,
    );
  }
}
