/** Where each window of a max pool has its maximum. */
import { type Shape, sizeOf } from "../../shape.ts";
import type { PoolWindow } from "../node.ts";

/**
 * For each place of the pooled tensor the place in `x` that wins its window: the first maximum in
 * row-major order. Padded places do not take part.
 *
 * @param x       Values, [N, C, H, W].
 * @param yShape  [N, C, H', W'].
 */
export function poolWinners(
  x: Float64Array,
  xShape: Shape,
  yShape: Shape,
  { kernel, strides, pads }: PoolWindow,
): Int32Array {
  const [, , height, width] = xShape;
  const [images, channels, rows, columns] = yShape;
  const winners = new Int32Array(sizeOf(yShape));
  for (let plane = 0; plane < images * channels; plane++) {
    for (let i = 0; i < rows; i++) {
      const top = i * strides[0] - pads[0];
      for (let j = 0; j < columns; j++) {
        const left = j * strides[1] - pads[1];
        let winner = -1;
        for (let r = Math.max(top, 0); r < Math.min(top + kernel[0], height); r++) {
          for (let c = Math.max(left, 0); c < Math.min(left + kernel[1], width); c++) {
            const place = (plane * height + r) * width + c;
            if (winner < 0 || x[place] > x[winner]) winner = place;
          }
        }
        winners[(plane * rows + i) * columns + j] = winner;
      }
    }
  }
  return winners;
}
