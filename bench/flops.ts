/** How much arithmetic a computation takes. */
import { type Node, simplify, topologicalOrder } from "../src/graph/index.ts";
import { isConvNode, problemOf } from "../src/onnx/convolution/problem.ts";
import type { Computation } from "../src/runtime/index.ts";
import { sizeOf } from "../src/shape.ts";

/**
 * Floating-point operations of the convolutions, of their derivatives and of the matrix products, two
 * for each multiply-add of the direct algorithm, whatever algorithm is chosen; products with padding count.
 */
export function flopsOf({ outputs, updates = {} }: Computation): number {
  const roots = simplify([...Object.values(outputs), ...Object.values(updates)]);
  return topologicalOrder(roots).reduce((total, node) => total + 2 * productsOf(node), 0);
}

function productsOf(node: Node): number {
  if (isConvNode(node)) {
    const { feature, filter } = problemOf(node);
    return sizeOf(feature) * sizeOf(filter.slice(1));
  }
  if (node.op === "matmul") return sizeOf(node.shape) * (node.inputs[0].shape.at(-1) ?? 0);
  return 0;
}
