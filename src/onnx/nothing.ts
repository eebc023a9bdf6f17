/** A zero that ONNX Runtime cannot know before other values: what is added to it waits for them. */
import { add, constant, gate, type Node, neg, relu, reshape, slice } from "../graph/index.ts";

/** Zero, made of one element of each: a scalar. */
export function nothingOf(nodes: readonly Node[]): Node {
  const elements = nodes.map((node) => {
    const ones = node.shape.map(() => 1);
    const zeros = node.shape.map(() => 0);
    return relu(reshape(slice(node, zeros, ones), []));
  });
  const total = elements.reduce((sum, element) => add(sum, element));
  // What is not above zero opens no gate.
  return gate(constant(1), neg(total));
}
