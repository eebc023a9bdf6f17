/** Operations made of primitives; their derivatives follow from these. */
import { formatShape, normalizeAxes, ShapeError } from "../shape.ts";
import { add, exp, log, mul, softplus, stopGradient, sub } from "./elementwise.ts";
import { transpose } from "./layout.ts";
import { checkWindow, matmul } from "./linear.ts";
import type { Node } from "./node.ts";
import { max, type ReduceOptions, sum } from "./reduce.ts";
import { constant } from "./source.ts";

/** Arithmetic mean over `axes` (all by default). */
export function mean(
  x: Node,
  axes?: number | readonly number[],
  options: ReduceOptions = {},
): Node {
  const count = normalizeAxes("mean", axes, x.shape).reduce((n, axis) => n * x.shape[axis], 1);
  return mul(sum(x, axes, options), 1 / count);
}

export const square = (x: Node): Node => mul(x, x);

/**
 * Log-softmax along one axis.
 *
 *   yᵢ = xᵢ − m − log Σⱼ exp(xⱼ − m),   m = maxⱼ xⱼ
 *
 * @returns  Log-probabilities (nats), same shape as `x`.
 */
export function logSoftmax(x: Node, axis: number): Node {
  const shifted = sub(x, stopGradient(max(x, axis, { keepDims: true })));
  return sub(shifted, log(sum(exp(shifted), axis, { keepDims: true })));
}

/** Softmax along one axis: exp(logSoftmax). */
export const softmax = (x: Node, axis: number): Node => exp(logSoftmax(x, axis));

/**
 * Binary cross-entropy of independent labels, per element, from logits.
 *
 *   softplus(s) − s·y  =  −y log σ(s) − (1 − y) log(1 − σ(s))
 *
 * @param logits   Any shape.
 * @param targets  The same shape, in [0, 1].
 */
export function binaryCrossEntropy(logits: Node, targets: Node): Node {
  return sub(softplus(logits), mul(logits, targets));
}

/** Mean over the two spatial axes: [N, C, H, W] to [N, C]. */
export const globalAveragePool = (x: Node): Node => mean(x, [2, 3]);

/**
 * Bilinear interpolation of the last two axes at half-pixel centres, edges repeated, without
 * antialiasing: PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
 *
 *   y = R_v · x · R_hᵀ,   R the constant matrix of interpolation weights of each axis
 *
 * @param x     [..., H, W].
 * @param size  [H', W'].
 */
export function resizeBilinear(x: Node, size: readonly [number, number]): Node {
  if (x.shape.length < 2) {
    throw new ShapeError(
      `resizeBilinear: x must have at least two axes; got ${formatShape(x.shape)}.`,
    );
  }
  const [height, width] = x.shape.slice(-2);
  const vertical = height === size[0] ? x : matmul(interpolationMatrix(height, size[0]), x);
  if (width === size[1]) return vertical;
  return matmul(vertical, transpose(interpolationMatrix(width, size[1]), [1, 0]));
}

/**
 * Mean over windows of the last two axes at stride 1. Places of the padding count as zeros: the
 * sum is divided by kernel² at the borders too, as Caffe does.
 *
 *   y = B_v · x · B_hᵀ,   B the constant banded matrix of an axis, 1 / kernel inside the window
 *
 * @param x        [..., H, W].
 * @param kernel   Side of the window.
 * @param padding  Zeros on all sides, fewer than `kernel`.
 * @returns        [..., H + 2 · padding − kernel + 1, W + 2 · padding − kernel + 1].
 * @throws {ShapeError} When the window does not fit.
 */
export function averagePool(
  x: Node,
  { kernel, padding = 0 }: { readonly kernel: number; readonly padding?: number },
): Node {
  checkWindow("averagePool", [padding], { kernel: [kernel] });
  const size = x.shape.slice(-2).map((length) => length + 2 * padding - kernel + 1);
  if (size.length < 2 || size.some((length) => length < 1) || padding >= kernel) {
    throw new ShapeError(
      `averagePool: x must be [..., H, W], at least as large as the window, and padding below its size; got ${formatShape(x.shape)}, kernel ${kernel}, padding ${padding}.`,
    );
  }
  const [height, width] = x.shape.slice(-2);
  const across = transpose(averagingMatrix(width, size[1], kernel, padding), [1, 0]);
  return matmul(matmul(averagingMatrix(height, size[0], kernel, padding), x), across);
}

function averagingMatrix(from: number, to: number, kernel: number, padding: number): Node {
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const start = Math.max(i - padding, 0);
    const end = Math.min(i - padding + kernel, from);
    weights.fill(1 / kernel, i * from + start, i * from + end);
  }
  return constant(weights, [to, from]);
}

function interpolationMatrix(from: number, to: number): Node {
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const center = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(center);
    const high = Math.min(low + 1, from - 1);
    weights[i * from + low] += 1 - (center - low);
    weights[i * from + high] += center - low;
  }
  return constant(weights, [to, from]);
}

/** Sum of nodes of one shape; at least one. */
export const addAll = (terms: readonly Node[]): Node =>
  terms.reduce((total, term) => add(total, term));
