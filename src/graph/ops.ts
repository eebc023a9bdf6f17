/** Operations made of primitives; their derivatives follow from these. */
import { normalizeAxes } from "../shape.ts";
import { add, exp, log, mul, softplus, stopGradient, sub } from "./elementwise.ts";
import type { Node } from "./node.ts";
import { max, type ReduceOptions, sum } from "./reduce.ts";

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

/** Sum of nodes of one shape; at least one. */
export const addAll = (terms: readonly Node[]): Node =>
  terms.reduce((total, term) => add(total, term));
