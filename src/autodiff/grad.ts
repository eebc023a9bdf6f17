/** Reverse-mode differentiation: the sweep that applies the rules. */
import {
  broadcastTo,
  constant,
  type Node,
  type NodeOf,
  type Primitive,
  topologicalOrder,
} from "../graph/index.ts";
import { formatShape, ShapeError, sameShape, sizeOf } from "../shape.ts";
import { accumulate, vjpRules } from "./rules.ts";

/**
 * Gradients of a scalar, or of the inner product of any tensor with a cotangent.
 *
 *   gᵢ = ∂⟨output, cotangent⟩ / ∂wrtᵢ
 *
 * The results are nodes of the same graph and can be differentiated again.
 *
 * @param output     What is differentiated.
 * @param wrt        Any nodes, inner ones too; those that `output` does not depend on get zeros.
 * @param cotangent  Of `output`'s shape; 1 by default, and then `output` must have one element.
 * @returns          A node for each of `wrt`, of its shape.
 * @throws {ShapeError} When the cotangent does not fit, or is missing where it is needed.
 */
export function grad(output: Node, wrt: readonly Node[], cotangent?: Node): Node[] {
  if (cotangent === undefined && sizeOf(output.shape) !== 1) {
    throw new ShapeError(
      `grad: output must have one element when no cotangent is given; got shape ${formatShape(output.shape)}. Sum it, or pass a cotangent.`,
    );
  }
  if (cotangent !== undefined && !sameShape(cotangent.shape, output.shape)) {
    throw new ShapeError(
      `grad: cotangent must have the output's shape ${formatShape(output.shape)}; got ${formatShape(cotangent.shape)}.`,
    );
  }
  const order = topologicalOrder([output]);
  const needed = dependents(order, wrt);
  const cotangents = new Map<Node, Node>();
  cotangents.set(output, cotangent ?? broadcastTo(constant(1), output.shape));
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    const g = cotangents.get(node);
    if (g === undefined || !node.inputs.some((x) => needed.has(x))) continue;
    applyRule(node, g).forEach((contribution, k) => {
      const operand = node.inputs[k];
      if (contribution === undefined || !needed.has(operand)) return;
      cotangents.set(operand, accumulate(cotangents.get(operand), contribution));
    });
  }
  return wrt.map((node) => cotangents.get(node) ?? broadcastTo(constant(0), node.shape));
}

/** Nodes of `order` through which a change of `wrt` reaches the end. */
function dependents(order: readonly Node[], wrt: readonly Node[]): Set<Node> {
  const needed = new Set(wrt);
  for (const node of order) {
    if (node.op !== "stopGradient" && node.inputs.some((x) => needed.has(x))) needed.add(node);
  }
  return needed;
}

function applyRule<P extends Primitive>(node: Node & { op: P }, g: Node) {
  const rule = vjpRules[node.op] as (
    g: Node,
    inputs: readonly Node[],
    y: NodeOf<P>,
  ) => readonly (Node | undefined)[];
  return rule(g, node.inputs, node as NodeOf<P>);
}
