/** Max pooling and the two linear maps that its derivatives need. */
import { formatShape, ShapeError } from "../shape.ts";
import { checkWindow } from "./linear.ts";
import { makeNode, type Node, type PoolWindow } from "./node.ts";

export interface PoolOptions {
  readonly kernel: number;
  readonly stride: number;
  /** Places around the input that never win: all sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
}

/**
 * Maximum over windows of the last two axes; among equals the first in row-major order wins.
 *
 * @param x  [N, C, H, W].
 * @returns  [N, C, H', W'].
 * @throws {ShapeError} When the window does not fit.
 */
export function maxPool(x: Node, { kernel, stride, padding = 0 }: PoolOptions): Node {
  const pads =
    typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  const window: PoolWindow = { kernel: [kernel, kernel], strides: [stride, stride], pads };
  checkWindow("maxPool", pads, { kernel: window.kernel, strides: window.strides });
  const size = [0, 1].map((axis) =>
    Math.floor((x.shape[2 + axis] + pads[axis] + pads[axis + 2] - kernel) / stride + 1),
  );
  if (x.shape.length !== 4 || size[0] < 1 || size[1] < 1 || pads.some((p) => p >= kernel)) {
    throw new ShapeError(
      `maxPool: x must be [N, C, H, W], at least as large as the window, and padding below its size; got ${formatShape(x.shape)}, kernel ${kernel}, padding [${pads}].`,
    );
  }
  return makeNode("maxPool", [x], window, [x.shape[0], x.shape[1], size[0], size[1]]);
}

/** `g` [N, C, H', W'] sent to the places in [N, C, H, W] where `x` has each window's maximum. */
export function maxPoolScatter(g: Node, x: Node, window: PoolWindow): Node {
  return makeNode("maxPoolScatter", [g, x], window, x.shape);
}

/** For each window of `x` [N, C, H, W] the value of `values` [N, C, H, W] at its maximum: `shape` [N, C, H', W']. */
export function maxPoolGather(
  values: Node,
  x: Node,
  window: PoolWindow,
  shape: readonly number[],
): Node {
  return makeNode("maxPoolGather", [values, x], window, shape);
}
