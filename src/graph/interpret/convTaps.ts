/** The products that a convolution sums; its three primitives differ in which factor they solve for. */
import type { Shape } from "../../shape.ts";
import type { ConvWindow } from "../node.ts";

/**
 * Visits every product of ⟨conv(x, w), y⟩ = Σ x·w·y with the places of its three factors.
 *
 * Zeros of the padding are left out.
 *
 * @param xShape  [N, C, H, W].
 * @param wShape  [O, C / groups, kH, kW].
 * @param yShape  [N, O, H', W'].
 */
export function forEachConvTap(
  xShape: Shape,
  wShape: Shape,
  yShape: Shape,
  { strides, pads, dilations, groups }: ConvWindow,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [images, channels, height, width] = xShape;
  const [filters, filterChannels, kernelHeight, kernelWidth] = wShape;
  const [, , rows, columns] = yShape;
  const filtersPerGroup = filters / groups;
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < filters; o++) {
      const firstChannel = Math.floor(o / filtersPerGroup) * filterChannels;
      for (let c = 0; c < filterChannels; c++) {
        const xPlane = (n * channels + firstChannel + c) * height * width;
        const wPlane = (o * filterChannels + c) * kernelHeight * kernelWidth;
        const yPlane = (n * filters + o) * rows * columns;
        for (let u = 0; u < kernelHeight; u++) {
          for (let v = 0; v < kernelWidth; v++) {
            for (let i = 0; i < rows; i++) {
              const row = i * strides[0] + u * dilations[0] - pads[0];
              if (row < 0 || row >= height) continue;
              for (let j = 0; j < columns; j++) {
                const column = j * strides[1] + v * dilations[1] - pads[1];
                if (column < 0 || column >= width) continue;
                visit(
                  xPlane + row * width + column,
                  wPlane + u * kernelWidth + v,
                  yPlane + i * columns + j,
                );
              }
            }
          }
        }
      }
    }
  }
}
