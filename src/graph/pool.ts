/** Max pooling and the two linear maps that its derivatives need. */
import { formatShape, ShapeError } from "../shape.ts";
import { checkWindow, pair } from "./linear.ts";
import { makeNode, type Node, type PoolWindow } from "./node.ts";

export interface PoolOptions {
  /** Sides of the window: both, or [vertical, horizontal]. */
  readonly kernel: number | readonly [number, number];
  readonly stride: number | readonly [number, number];
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
  const window: PoolWindow = { kernel: pair(kernel), strides: pair(stride), pads };
  const { kernel: sides, strides } = window;
  checkWindow("maxPool", pads, { kernel: sides, strides });
  const size = [0, 1].map((axis) =>
    Math.floor((x.shape[2 + axis] + pads[axis] + pads[axis + 2] - sides[axis]) / strides[axis] + 1),
  );
  if (
    x.shape.length !== 4 ||
    size[0] < 1 ||
    size[1] < 1 ||
    pads.some((amount, side) => amount >= sides[side % 2])
  ) {
    throw new ShapeError(
      `maxPool: x must be [N, C, H, W], at least as large as the window, and padding below its size; got ${formatShape(x.shape)}, kernel [${sides}], padding [${pads}].`,
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
