/** What the rules of operators over spatial axes share. */
import { type Node, reshape } from "../../../graph/index.ts";
import type { OperatorCall } from "../call.ts";
import type { Sampling } from "../types.ts";

/** Notes how a result relates to the pictures. */
export function setSampling(call: OperatorCall, node: Node, sampling: Sampling): Node {
  call.context.samplings.set(node, sampling);
  return node;
}

/**
 * Applies `f` to [N, C, H, W]; a tensor with one spatial axis gets a height of 1 meanwhile.
 *
 * @throws {OnnxError} When there are more spatial axes.
 */
export function withPlaneAxes(call: OperatorCall, x: Node, f: (x: Node) => Node): Node {
  const { shape } = x;
  if (shape.length === 4) return f(x);
  if (shape.length !== 3) {
    throw call.refusal(`must have one or two spatial axes; got rank ${shape.length}`);
  }
  const y = f(reshape(x, [shape[0], shape[1], 1, shape[2]]));
  return reshape(y, [y.shape[0], y.shape[1], y.shape[3]]);
}
