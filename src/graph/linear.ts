/** Matrix product and convolution. Each convolution's derivatives are the other two. */
import { broadcastShapes, formatShape, type Shape, ShapeError } from "../shape.ts";
import { type ConvWindow, makeNode, type Node } from "./node.ts";

/**
 * Matrix product over the last two axes; leading axes broadcast.
 *
 * @param a  [..., M, K].
 * @param b  [..., K, N].
 * @returns  [..., M, N].
 * @throws {ShapeError} When the inner dimensions differ or a rank is below 2.
 */
export function matmul(a: Node, b: Node): Node {
  if (a.shape.length < 2 || b.shape.length < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
    throw new ShapeError(
      `matmul: the last axis of a must match the last but one of b; got ${formatShape(a.shape)} and ${formatShape(b.shape)}. Transpose one of them.`,
    );
  }
  const leading = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rows, columns] = [a.shape.at(-2) ?? 0, b.shape.at(-1) ?? 0];
  return makeNode("matmul", [a, b], {}, [...leading, rows, columns]);
}

export interface ConvOptions {
  readonly stride?: number | readonly [number, number];
  /** Zeros around the input: all sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly dilation?: number | readonly [number, number];
  readonly groups?: number;
}

/** [vertical, horizontal] of a number that holds for both, or of a pair. */
export const pair = (value: number | readonly [number, number]): readonly [number, number] =>
  typeof value === "number" ? [value, value] : value;

/** The window that `options` describe, with the defaults filled in. */
export function convWindow(options: ConvOptions): ConvWindow {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const pads =
    typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  return { strides: pair(stride), pads, dilations: pair(dilation), groups };
}

/** @throws {ShapeError} When sizes are not positive integers, or pads not integers of at least 0. */
export function checkWindow(
  op: string,
  pads: readonly number[],
  sizes: Readonly<Record<string, readonly number[]>>,
): void {
  const check = (name: string, values: readonly number[], least: number): void => {
    if (values.every((value) => Number.isInteger(value) && value >= least)) return;
    throw new ShapeError(
      `${op}: ${name} must be integers of at least ${least}; got [${values.join(", ")}].`,
    );
  };
  check("pads", pads, 0);
  for (const [name, values] of Object.entries(sizes)) check(name, values, 1);
}

/** Spatial size of a convolution's output; fractional places at the end are dropped. */
export function convOutputSize(x: Shape, kernel: readonly number[], window: ConvWindow): number[] {
  return [0, 1].map((axis) => {
    const padded = x[2 + axis] + window.pads[axis] + window.pads[axis + 2];
    const extent = window.dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((padded - extent) / window.strides[axis]) + 1;
  });
}

/**
 * Two-dimensional convolution (cross-correlation, as every deep-learning library has it).
 *
 *   y[n,o,i,j] = Σ_{c,u,v} x[n, c, i·s+u·d−p, j·s+v·d−p] · w[o,c,u,v]
 *
 * @param x  Images, [N, C, H, W].
 * @param w  Filters, [O, C / groups, kH, kW].
 * @returns  [N, O, H', W'].
 * @throws {ShapeError} When ranks or channels do not fit, or the kernel exceeds the image.
 */
export function conv(x: Node, w: Node, options: ConvOptions = {}): Node {
  const window = convWindow(options);
  const { strides, pads, dilations, groups } = window;
  checkWindow("conv", pads, { strides, dilations, groups: [groups] });
  const [output, channels, ...kernel] = w.shape;
  if (x.shape.length !== 4 || w.shape.length !== 4) {
    throw new ShapeError(
      `conv: x must be [N, C, H, W] and w [O, C / groups, kH, kW]; got ${formatShape(x.shape)} and ${formatShape(w.shape)}.`,
    );
  }
  if (x.shape[1] !== channels * window.groups || output % window.groups !== 0) {
    throw new ShapeError(
      `conv: w must have x's channels / groups along axis 1; got ${formatShape(w.shape)} for x ${formatShape(x.shape)} and ${window.groups} groups.`,
    );
  }
  const [height, width] = convOutputSize(x.shape, kernel, window);
  if (height < 1 || width < 1) {
    throw new ShapeError(
      `conv: the kernel must fit into the padded image; got w ${formatShape(w.shape)} for x ${formatShape(x.shape)}. Enlarge the image or the padding.`,
    );
  }
  return makeNode("conv", [x, w], window, [x.shape[0], output, height, width]);
}

/** Derivative of `conv` in its image: [N, O, H', W'] and [O, C / groups, kH, kW] to `shape` [N, C, H, W]. */
export function convInputGrad(g: Node, w: Node, window: ConvWindow, shape: Shape): Node {
  return makeNode("convInputGrad", [g, w], window, shape);
}

/** Derivative of `conv` in its filter: [N, C, H, W] and [N, O, H', W'] to `shape` [O, C / groups, kH, kW]. */
export function convFilterGrad(x: Node, g: Node, window: ConvWindow, shape: Shape): Node {
  return makeNode("convFilterGrad", [x, g], window, shape);
}
