/** From a graph to an ONNX model of ordinary operators. */
import { type Node, type NodeOf, simplify, topologicalOrder } from "../graph/index.ts";
import { algorithmFor, type Choices } from "./convolution/algorithms.ts";
import { type ConvNode, isConvNode, problemOf } from "./convolution/problem.ts";
import { Emitter } from "./emitter.ts";
import { finishEarly } from "./finishEarly.ts";
import { inLayout, inSpatialFirst, isFollower, type Layout } from "./layout.ts";
import { between, lowerRules, type PlainPrimitive } from "./lowerRules.ts";
import { isPairPool, isPool, lowerPairPool } from "./pairPool.ts";
import type { OnnxModel } from "./proto.ts";
import { recompute as recomputed } from "./recompute.ts";
import { smallest } from "./smallest.ts";
import { Values } from "./values.ts";

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
  /** Algorithms of convolutions; the default where there is none. */
  readonly choices?: Choices;
  /** Inputs of the graph that the model takes as [H, W, N, C]. */
  readonly spatialFirstInputs?: ReadonlySet<string>;
  /** Less memory for more time: see `recompute`. False by default. */
  readonly recompute?: boolean;
}

/**
 * The ONNX model that computes `outputs`, all float32, by name. Dead nodes and repeated
 * subexpressions do not reach it.
 *
 * @throws {LoweringError} When there is no output, or two inputs share a name and differ.
 */
export function lower(
  outputs: Readonly<Record<string, Node>>,
  {
    metadata = {},
    choices = new Map(),
    spatialFirstInputs = new Set(),
    recompute = false,
  }: LowerOptions = {},
): OnnxModel {
  const names = Object.keys(outputs);
  if (names.length === 0) throw new LoweringError("lower: needs at least one output; got none.");
  const simple = simplify(Object.values(outputs));
  const roots = finishEarly(recompute ? recomputed(simple) : simple);
  const order = topologicalOrder(roots);
  const inputs = order.filter((node) => node.op === "input");
  const emitter = new Emitter(smallest(inputs)?.attributes.name, { hidesShapes: recompute });
  const values = new Values(emitter);
  const layoutOf = (name: string): Layout =>
    spatialFirstInputs.has(name) ? "spatialFirst" : "channelsFirst";
  // The optimiser's memory of a filter has the filter's shape.
  const filters = new Set(
    order.flatMap((node) => node.inputs.filter((_, i) => isFilterOf(node, i)).map(shapeText)),
  );
  for (const node of inputs) {
    const { name } = node.attributes;
    const layout = layoutOf(name);
    const isImage = recompute && node.shape.length === 4 && !filters.has(shapeText(node));
    values.set(node, layout, isImage ? emitter.reshape(name, inLayout(node.shape, layout)) : name);
  }
  lowerNodes(emitter, values, order, roots, choices);
  const results = new Map(roots.map((root, i) => [names[i], values.get(root, "channelsFirst")]));
  checkNames(inputs, names);
  const { nodes, initializers } = emitter.finish(results);
  return {
    opset,
    irVersion: 8,
    producer: "guided-attention",
    metadata,
    graph: {
      name: "guided-attention",
      inputs: inputs.map(({ attributes: { name }, shape }) => ({
        name,
        type: "float32",
        shape: inLayout(shape, layoutOf(name)),
      })),
      outputs: roots.map(({ shape }, i) => ({ name: names[i], type: "float32", shape })),
      nodes,
      initializers,
    },
  };
}

/** Emits every node; a bias that is added to a convolution goes into it. */
function lowerNodes(
  emitter: Emitter,
  values: Values,
  order: readonly Node[],
  roots: readonly Node[],
  choices: Choices,
): void {
  const uses = countUses(order, roots);
  const gates = gatesByControl(order);
  for (const node of order) {
    if (node.op === "input") continue;
    const biased = biasedConv(node, uses);
    if (isConvNode(node)) lowerConvolution(emitter, values, node, choices);
    else if (biased !== undefined && values.layoutOf(biased.conv) === "channelsFirst") {
      // Computed once more with the bias inside; without it nobody needs it.
      lowerConvolution(emitter, values, biased.conv, choices, { bias: biased.bias, as: node });
    } else lowerPlain(emitter, values, node as PlainNode);
    for (const gate of gates.get(node) ?? []) emitMask(emitter, values, gate);
  }
}

/** The gates that each node controls. */
function gatesByControl(order: readonly Node[]): Map<Node, NodeOf<"gate">[]> {
  const gates = new Map<Node, NodeOf<"gate">[]>();
  for (const node of order) {
    if (node.op !== "gate") continue;
    const others = gates.get(node.inputs[1]);
    if (others === undefined) gates.set(node.inputs[1], [node]);
    else others.push(node);
  }
  return gates;
}

/**
 * The mask of a gate, next to its control instead of its gate. Of two operands ONNX Runtime computes
 * first the one that comes later in the file; this is to be the other one, the gradient, or else the
 * masks of a whole backward pass are made at its start.
 */
function emitMask(emitter: Emitter, values: Values, { inputs, attributes }: NodeOf<"gate">): void {
  const control = inputs[1];
  between(emitter, values.get(control, values.layoutOf(control)), attributes);
}

type PlainNode = NodeOf<PlainPrimitive> & Node;

function lowerConvolution(
  emitter: Emitter,
  values: Values,
  conv: ConvNode,
  choices: Choices,
  biased?: { readonly bias: Node; readonly as: Node },
): void {
  const problem = problemOf(conv);
  const { layout, lower: emit } = algorithmFor(problem, choices);
  const operands = conv.inputs.map((operand, i) =>
    values.get(operand, isFilterOf(conv, i) ? "channelsFirst" : layout),
  );
  if (biased !== undefined) {
    operands.push(emitter.reshape(values.get(biased.bias, "channelsFirst"), [-1]));
  }
  const isFilterGrad = conv.op === "convFilterGrad";
  const name = emit(emitter, problem, operands);
  values.set(biased?.as ?? conv, isFilterGrad ? "channelsFirst" : layout, name);
}

const shapeText = ({ shape }: Node): string => shape.join();

/** Filters have their channels first in any layout. */
const isFilterOf = ({ op }: Node, operand: number): boolean =>
  (op === "conv" || op === "convInputGrad") && operand === 1;

/** In the layout of most of its operands, where the primitive works in either. */
function lowerPlain(emitter: Emitter, values: Values, node: PlainNode): void {
  if (isPool(node) && isPairPool(node) && values.preferred(node) === "spatialFirst") {
    const operands = node.inputs.map((operand) => values.get(operand, "spatialFirst"));
    values.set(node, "spatialFirst", lowerPairPool(emitter, node, operands));
    return;
  }
  const isLast = isFollower(node) && values.preferred(node) === "spatialFirst";
  const layout = isLast ? "spatialFirst" : "channelsFirst";
  const view = isLast ? inSpatialFirst(node) : node;
  const operands = node.inputs.map((operand) => values.get(operand, layout));
  values.set(node, layout, applyRule(emitter, view as PlainNode, operands));
}

function applyRule<P extends PlainPrimitive>(
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
