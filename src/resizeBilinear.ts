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
  checkPlane("plane", plane, height, width);
  checkPlane("resized", resized, newHeight, newWidth);
  const rowScale = height / newHeight;
  const columnScale = width / newWidth;
  for (let y = 0; y < newHeight; y++) {
    const row = Math.max(0, (y + 0.5) * rowScale - 0.5);
    const top = Math.floor(row);
    const bottom = Math.min(top + 1, height - 1);
    const down = row - top;
    for (let x = 0; x < newWidth; x++) {
      const column = Math.max(0, (x + 0.5) * columnScale - 0.5);
      const left = Math.floor(column);
      const right = Math.min(left + 1, width - 1);
      const across = column - left;
      const upper = plane[top * width + left] * (1 - across) + plane[top * width + right] * across;
      const lower =
        plane[bottom * width + left] * (1 - across) + plane[bottom * width + right] * across;
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
  checkPlane("plane", plane, height, width);
  checkPlane("resized", resized, newHeight, newWidth);
  const rowScale = newHeight === 1 ? 0 : (height - 1) / (newHeight - 1);
  const columnScale = newWidth === 1 ? 0 : (width - 1) / (newWidth - 1);
  for (let y = 0; y < newHeight; y++) {
    const row = y * rowScale;
    const top = Math.min(Math.floor(row), height - 1);
    const bottom = Math.min(top + 1, height - 1);
    const down = row - top;
    for (let x = 0; x < newWidth; x++) {
      const column = x * columnScale;
      const left = Math.min(Math.floor(column), width - 1);
      const right = Math.min(left + 1, width - 1);
      const across = column - left;
      const upper = plane[top * width + left] * (1 - across) + plane[top * width + right] * across;
      const lower =
        plane[bottom * width + left] * (1 - across) + plane[bottom * width + right] * across;
      resized[y * newWidth + x] = upper * (1 - down) + lower * down;
    }
  }
}
