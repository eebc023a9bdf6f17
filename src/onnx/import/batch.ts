/**
 * Files that were exported with a fixed batch have it in the shapes of their reshapes. A trace at
 * the file's own batch tells where in each shape it lies.
 */
import { type Shape, sameShape, sizeOf } from "../../shape.ts";
import type { OperatorCall } from "./call.ts";

/**
 * The shape of a reshape's result for the batch at hand: that of the file, its axis that holds the
 * pictures stretched as the operand's is.
 *
 *   [1, 197, 12·64] to [1, 197, 12, 64] becomes [N, 197, 12·64] to [N, 197, 12, 64]
 *
 * The axis is the one with as many elements in front of it as the stretched axis of the operand.
 *
 * @param operand  Shape of the operand here.
 * @returns  Undefined where the batch is the file's own, or the operand does not depend on it.
 */
export function withBatch(call: OperatorCall, operand: Shape): Shape | undefined {
  const { ownShapes } = call.context;
  const own = ownShapes?.get(call.node.inputs[0]);
  const result = ownShapes?.get(call.node.outputs[0]);
  if (own === undefined || result === undefined || sameShape(own, operand)) return undefined;
  const axis = operand.findIndex((dim, i) => dim !== own[i]);
  const ratio = operand[axis] / own[axis];
  const before = sizeOf(own.slice(0, axis));
  const target = result.findIndex((_, i) => sizeOf(result.slice(0, i)) === before);
  if (target < 0 || !Number.isInteger(result[target] * ratio)) return undefined;
  return result.map((dim, i) => (i === target ? dim * ratio : dim));
}
