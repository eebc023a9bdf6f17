/** From a graph to an ONNX model of ordinary operators. */
import {
  type Node,
  type NodeOf,
  type Primitive,
  simplify,
  topologicalOrder,
} from "../graph/index.ts";
import { Emitter } from "./emitter.ts";
import { lowerRules } from "./lowerRules.ts";
import type { OnnxModel } from "./proto.ts";

/** A graph that cannot become an ONNX model. */
export class LoweringError extends Error {
  override name = "LoweringError";
}

/**
 * Operator set of the files written. Version 18 is the first with axes as an operand of every
 * reduction, and all execution providers have it.
 */
const opset = 18;

export interface LowerOptions {
  /** Text kept in the file, such as class names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The ONNX model that computes `outputs`, all float32, by name. Dead nodes and repeated
 * subexpressions do not reach it.
 *
 * @throws {LoweringError} When there is no output, or two inputs share a name and differ.
 */
export function lower(
  outputs: Readonly<Record<string, Node>>,
  { metadata = {} }: LowerOptions = {},
): OnnxModel {
  const names = Object.keys(outputs);
  if (names.length === 0) throw new LoweringError("lower: needs at least one output; got none.");
  const roots = simplify(Object.values(outputs));
  const order = topologicalOrder(roots);
  const emitter = new Emitter();
  const values = lowerNodes(emitter, order, roots);
  const results = new Map(roots.map((root, i) => [names[i], valueNamed(values, root)]));
  const inputs = order.filter((node) => node.op === "input");
  checkNames(inputs, names);
  const { nodes, initializers } = emitter.finish(results);
  return {
    opset,
    irVersion: 8,
    producer: "guided-attention",
    metadata,
    graph: {
      name: "guided-attention",
      inputs: inputs.map(({ attributes: { name }, shape }) => ({ name, type: "float32", shape })),
      outputs: roots.map(({ shape }, i) => ({ name: names[i], type: "float32", shape })),
      nodes,
      initializers,
    },
  };
}

function valueNamed(values: ReadonlyMap<Node, string>, node: Node): string {
  const value = values.get(node);
  if (value === undefined) throw new LoweringError(`internal: ${node.op} was not lowered.`);
  return value;
}

/** Emits every node; a bias that is added to a convolution goes into it. */
function lowerNodes(
  emitter: Emitter,
  order: readonly Node[],
  roots: readonly Node[],
): Map<Node, string> {
  const uses = countUses(order, roots);
  const values = new Map<Node, string>();
  for (const node of order) {
    const biased = biasedConv(node, uses);
    if (biased !== undefined) {
      const { conv, bias } = biased;
      const flat = emitter.emit("Reshape", [valueNamed(values, bias), emitter.integers([-1])]);
      const operands = conv.inputs.map((operand) => valueNamed(values, operand));
      values.set(node, applyRule(emitter, conv, [...operands, flat]));
    } else {
      const operands = node.inputs.map((operand) => valueNamed(values, operand));
      values.set(node, applyRule(emitter, node, operands));
    }
  }
  return values;
}

function applyRule<P extends Primitive>(
  emitter: Emitter,
  node: Node & { op: P },
  operands: readonly string[],
): string {
  const rule = lowerRules[node.op] as (
    emitter: Emitter,
    node: NodeOf<P>,
    operands: readonly string[],
  ) => string;
  return rule(emitter, node as NodeOf<P>, operands);
}

/** How often each node is read, by others or as an output. */
function countUses(order: readonly Node[], roots: readonly Node[]): Map<Node, number> {
  const uses = new Map(roots.map((root) => [root, 1]));
  for (const { inputs } of order) {
    for (const operand of inputs) uses.set(operand, (uses.get(operand) ?? 0) + 1);
  }
  return uses;
}

/** The convolution and the bias of `conv(x, w) + bias` with a bias of shape [1, C, 1, 1]. */
function biasedConv(
  node: Node,
  uses: ReadonlyMap<Node, number>,
): { conv: NodeOf<"conv"> & Node; bias: Node } | undefined {
  if (node.op !== "add") return undefined;
  const [a, b] = node.inputs;
  const [conv, bias] = a.op === "conv" ? [a, b] : [b, a];
  if (conv.op !== "conv" || uses.get(conv) !== 1 || bias.shape.length !== 4) return undefined;
  const perChannel = bias.shape.every((dim, axis) => dim === (axis === 1 ? conv.shape[1] : 1));
  return perChannel ? { conv, bias } : undefined;
}

function checkNames(inputs: readonly NodeOf<"input">[], outputs: readonly string[]): void {
  const names = new Set<string>();
  for (const { attributes } of inputs) {
    if (names.has(attributes.name)) {
      throw new LoweringError(
        `lower: input names must be distinct; "${attributes.name}" belongs to two inputs. Build it once and share the node.`,
      );
    }
    names.add(attributes.name);
  }
  const shared = outputs.find((name) => names.has(name));
  if (shared !== undefined) {
    throw new LoweringError(
      `lower: an output must not have an input's name; got "${shared}". Rename the output.`,
    );
  }
}
