/** Windows of convolutions and pools that have gone wrong somewhere, sometime. */
import {
  type ConvOptions,
  type ConvWindow,
  convOutputSize,
  convWindow,
  input,
  maxPool,
  type PoolOptions,
  type PoolWindow,
} from "../../src/graph/index.ts";
import type { Shape } from "../../src/shape.ts";

export interface ConvConfiguration {
  readonly name: string;
  /** Shapes of image, filter and result. */
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly options: ConvOptions;
  readonly window: ConvWindow;
}

export interface PoolConfiguration {
  readonly name: string;
  /** Shapes of image and result. */
  readonly x: Shape;
  readonly y: Shape;
  readonly options: PoolOptions;
  readonly window: PoolWindow;
}

export function convConfiguration(
  name: string,
  x: Shape,
  w: Shape,
  options: ConvOptions = {},
): ConvConfiguration {
  const window = convWindow(options);
  const y = [x[0], w[0], ...convOutputSize(x, w.slice(2), window)];
  return { name, x, w, y, options, window };
}

export function poolConfiguration(name: string, x: Shape, options: PoolOptions): PoolConfiguration {
  const node = maxPool(input("x", x), options);
  if (node.op !== "maxPool") throw new Error(`internal: maxPool made a node of ${node.op}.`);
  return { name, x, y: node.shape, options, window: node.attributes };
}

export const convConfigurations: readonly ConvConfiguration[] = [
  convConfiguration("plain", [2, 2, 4, 5], [3, 2, 3, 3]),
  convConfiguration("3x3, padded", [1, 2, 4, 4], [2, 2, 3, 3], { padding: 1 }),
  convConfiguration("1x1", [2, 3, 3, 2], [2, 3, 1, 1]),
  convConfiguration("1x1, stride 2", [1, 3, 4, 5], [2, 3, 1, 1], { stride: 2 }),
  convConfiguration("1x1, padded", [1, 2, 3, 3], [2, 2, 1, 1], { padding: 1 }),
  convConfiguration("stride 2, last places dropped", [1, 2, 6, 8], [2, 2, 3, 3], { stride: 2 }),
  convConfiguration("stride beyond the kernel", [1, 1, 7, 8], [2, 1, 2, 2], { stride: 3 }),
  convConfiguration("unequal strides", [1, 1, 6, 7], [1, 1, 2, 3], { stride: [1, 2], padding: 1 }),
  convConfiguration("stride 2, pads below and right", [1, 2, 5, 6], [2, 2, 3, 3], {
    stride: 2,
    padding: [0, 0, 1, 1],
  }),
  convConfiguration("four different pads", [1, 1, 4, 4], [2, 1, 2, 3], { padding: [0, 1, 2, 3] }),
  convConfiguration("pads beyond the kernel", [1, 1, 2, 2], [1, 1, 2, 2], { padding: 3 }),
  convConfiguration("dilated", [1, 2, 6, 6], [2, 2, 3, 3], { dilation: 2, padding: 2 }),
  convConfiguration("dilated, strided, unequal", [1, 1, 7, 8], [1, 1, 2, 3], {
    dilation: [3, 2],
    stride: 2,
    padding: [1, 0, 2, 1],
  }),
  convConfiguration("2 groups", [1, 4, 4, 4], [6, 2, 3, 3], { groups: 2, padding: 1 }),
  convConfiguration("2 groups, stride 2, asymmetric", [2, 4, 5, 5], [2, 2, 3, 3], {
    groups: 2,
    stride: 2,
    padding: [0, 0, 1, 1],
  }),
  convConfiguration("depthwise", [2, 3, 4, 4], [3, 1, 3, 3], { groups: 3, padding: 1 }),
  convConfiguration("kernel of the image's size", [2, 2, 3, 3], [4, 2, 3, 3]),
];

export const poolConfigurations: readonly PoolConfiguration[] = [
  poolConfiguration("2x2 side by side", [2, 2, 4, 6], { kernel: 2, stride: 2 }),
  poolConfiguration("2x2, last places dropped", [1, 2, 5, 7], { kernel: 2, stride: 2 }),
  poolConfiguration("3x3 stride 2, overlapping", [1, 2, 7, 7], { kernel: 3, stride: 2 }),
  poolConfiguration("3x3 stride 2, padded", [2, 1, 6, 8], { kernel: 3, stride: 2, padding: 1 }),
  poolConfiguration("3x3 stride 1, padded", [1, 2, 4, 4], { kernel: 3, stride: 1, padding: 1 }),
  poolConfiguration("padded below and right", [1, 1, 6, 6], {
    kernel: 3,
    stride: 2,
    padding: [0, 0, 1, 1],
  }),
  poolConfiguration("2x2 side by side, padded", [1, 2, 5, 5], { kernel: 2, stride: 2, padding: 1 }),
  poolConfiguration("stride beyond the kernel", [1, 1, 8, 8], { kernel: 2, stride: 3 }),
  poolConfiguration("1x2 side by side", [2, 2, 4, 6], { kernel: [1, 2], stride: [1, 2] }),
  poolConfiguration("2x2, stride 2x1", [1, 2, 4, 6], { kernel: 2, stride: [2, 1] }),
  poolConfiguration("3x2, unequal strides, padded", [1, 2, 6, 7], {
    kernel: [3, 2],
    stride: [2, 3],
    padding: [2, 1, 1, 0],
  }),
];
