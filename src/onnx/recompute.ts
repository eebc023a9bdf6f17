/**
 * Computes activations once more for the backward pass instead of keeping them.
 *
 * Max pools part a network into segments. What the forward pass keeps of a segment is what it starts
 * from, a pool's result; the rest is computed again when the backward pass arrives at the pool that
 * ends the segment. What lies behind the last pool is needed at once, and is kept.
 *
 * A model that is lowered so hides the shapes of its values from ONNX Runtime as well, which else keeps
 * a buffer of the forward pass for the value of the same shape that is computed again.
 */
import {
  add,
  makeNode,
  type Node,
  type NodeOf,
  type Primitive,
  topologicalOrder,
  withInputs,
} from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import { nothingOf } from "./nothing.ts";
import { Reach } from "./reach.ts";
import { smallest } from "./smallest.ts";

/**
 * Nodes with the values of `roots`, in their order, to the last bit but for the sign of zeros.
 *
 * @param roots  Simplified: of two nodes that say the same, only one would be recomputed.
 */
export function recompute(roots: readonly Node[]): Node[] {
  const order = topologicalOrder(roots);
  const reach = new Reach(order);
  const segmentOf = new Map<Node, Segment>();
  const segments = new Map<Node, Segment>();
  for (const start of starts(order, reach)) {
    const segment = { start, nodes: segmentBefore(start.inputs[1], segmentOf) };
    for (const node of segment.nodes) segmentOf.set(node, segment);
    segments.set(start, segment);
  }
  const copies = new Map<Node, Node>();
  const rebuilt = new Map<Node, Node>();
  const lookUp = (node: Node): Node => rebuilt.get(node) ?? node;
  for (const node of order) {
    const begun = segments.get(node);
    if (begun !== undefined) copySegment(begun, copies, lookUp);
    const isBehind = ({ start }: Segment): boolean => node === start || reach.needs(node, start);
    const inputs = node.inputs.map((operand) => {
      const segment = segmentOf.get(operand);
      const copy = segment && isBehind(segment) ? copies.get(operand) : undefined;
      return copy ?? lookUp(operand);
    });
    rebuilt.set(node, withInputs(node, inputs));
  }
  return roots.map(lookUp);
}

interface Segment {
  /** With which its backward pass begins. */
  readonly start: NodeOf<"maxPoolScatter">;
  /** In order; the last is what is pooled. */
  readonly nodes: readonly Node[];
}

/**
 * For each value that is pooled the last of its scatters, if that waits for the pool: others belong
 * to an attention map, which is made in the forward pass.
 */
function starts(order: readonly Node[], reach: Reach): (NodeOf<"maxPoolScatter"> & Node)[] {
  const scatters = order.filter((node) => node.op === "maxPoolScatter");
  return scatters.filter((node) => {
    const [g, x] = node.inputs;
    return (
      scatters.every(
        (other) => other === node || other.inputs[1] !== x || reach.needs(node, other),
      ) && reach.needs(g, x)
    );
  });
}

/** Results of up to this share of what is pooled are kept: a mask, the picture, biases. */
const keptShare = 1 / 16;

/** What `pooled` needs, in order, back to what is kept: pools, other segments, and small results. */
function segmentBefore(pooled: Node, segmentOf: ReadonlyMap<Node, Segment>): Node[] {
  const nodes = new Set<Node>();
  const isKept = ({ op, shape }: Node): boolean =>
    op === "maxPool" ||
    op === "input" ||
    op === "constant" ||
    sizeOf(shape) <= keptShare * sizeOf(pooled.shape);
  const pending = [pooled];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (nodes.has(node) || isKept(node) || segmentOf.has(node)) continue;
    nodes.add(node);
    pending.push(...node.inputs);
  }
  return topologicalOrder([pooled]).filter((node) => nodes.has(node));
}

/**
 * Copies the nodes of a segment. Those that start from what is kept wait for the cotangent with which
 * the backward pass arrives, or else ONNX Runtime would take them for the same as the originals.
 */
function copySegment(
  { start, nodes }: Segment,
  copies: Map<Node, Node>,
  lookUp: (node: Node) => Node,
): void {
  const own = new Set(nodes);
  const nothing = nothingOf([lookUp(start.inputs[0])]);
  const waiting = new Map<Node, Node>();
  const wait = (operand: Node): Node => {
    const made = waiting.get(operand) ?? add(operand, nothing);
    waiting.set(operand, made);
    return made;
  };
  for (const node of nodes) {
    const isFirst = !node.inputs.some((operand) => own.has(operand));
    // A filter or a picture.
    const late = isFirst ? smallest(node.inputs) : undefined;
    const inputs = node.inputs.map((operand) => {
      const copy = own.has(operand) ? copies.get(operand) : undefined;
      return copy ?? (operand === late ? wait(lookUp(operand)) : lookUp(operand));
    });
    copies.set(node, makeNode<Primitive>(node.op, inputs, node.attributes, node.shape));
  }
}
