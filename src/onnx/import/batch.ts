/**
 * Files that were exported with a fixed batch have it in the shapes of their reshapes. A trace at
 * the file's own batch tells where in each shape it lies.
 */
import { type Shape, sameShape, sizeOf } from "../../shape.ts";
import type { OperatorCall } from "./call.ts";

/** A shape for the batch at hand. */
export interface BatchedShape {
  readonly shape: Shape;
  /** Of the axis that holds the pictures, the places in front of them: tokens, if each has all pictures. */
  readonly inFront: number;
}

/**
 * The shape of a reshape's result for the batch at hand: that of the file, with the pictures at the same
 * place in memory.
 *
 *   [1, 197, 12 · 64] to [1, 197, 12, 64] becomes [N, 197, 12 · 64] to [N, 197, 12, 64]
 *   [197, 12, 64] to [197, 12 · 64], of tokens, heads and features, becomes [197, N · 12, 64] to [197 · N, 12 · 64]
 *
 * The pictures become an axis of length 1 where the file has one there; else they share the axis behind
 * them, as heads do, but never the last one, which has the features.
 *
 * @param operand  Shape of the operand here.
 * @param inFront  As in `BatchedShape`, of the operand.
 * @returns  Undefined where the batch is the file's own, or the operand does not depend on it.
 */
export function withBatch(
  call: OperatorCall,
  operand: Shape,
  inFront: number,
): BatchedShape | undefined {
  const { ownShapes } = call.context;
  const own = ownShapes?.get(call.node.inputs[0]);
  const result = ownShapes?.get(call.node.outputs[0]);
  if (own === undefined || result === undefined || sameShape(own, operand)) return undefined;
  const axis = operand.findIndex((dim, i) => dim !== own[i]);
  const ratio = operand[axis] / own[axis];
  const before = sizeOf(own.slice(0, axis)) * inFront;
  const behind = result.findIndex((_, i) => sizeOf(result.slice(0, i)) === before);
  if (behind < 0) return undefined;
  const isShared = result[behind] !== 1;
  const isFeatures = isShared && behind > 0 && behind === result.length - 1;
  const target = isFeatures ? behind - 1 : behind;
  if (!Number.isInteger(result[target] * ratio)) return undefined;
  return {
    shape: result.map((dim, i) => (i === target ? dim * ratio : dim)),
    inFront: isFeatures ? result[target] : 1,
  };
}
