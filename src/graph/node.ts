/**
 * The typed static graph: a node is a primitive applied to nodes, with its shape known.
 *
 * All values are real numbers; truth values are 0 and 1. Nodes are immutable and compared by
 * identity; `simplify` merges those that say the same.
 */
import type { Shape } from "../shape.ts";

/** Window of a convolution over the last two axes, in pixels: [vertical, horizontal]. */
export interface ConvWindow {
  readonly strides: readonly [number, number];
  /** Zeros added: [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
}

/** Window of a pool; padded places never win a maximum. */
export interface PoolWindow {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

/** Between which values a control opens its gate; without bounds, above 0. */
export interface GateBounds {
  readonly above?: number;
  readonly below?: number;
}

type None = Readonly<Record<string, never>>;

/** Every primitive with its attributes. To add one: fill the tables that the compiler then lists. */
export interface PrimitiveAttributes {
  input: { readonly name: string };
  constant: { readonly data: Float32Array | Float64Array };
  neg: None;
  exp: None;
  log: None;
  sqrt: None;
  sigmoid: None;
  tanh: None;
  erf: None;
  /** alpha · x + beta, cut off at 0 and 1. */
  hardSigmoid: { readonly alpha: number; readonly beta: number };
  softplus: None;
  relu: None;
  /** Cut off at both bounds, of which one may be infinite. */
  clip: { readonly low: number; readonly high: number };
  /** 1 where equal, else 0. */
  equal: None;
  /** The first operand where the second lies between the bounds, else 0. */
  gate: GateBounds;
  /** Place of each element in the descending order of its row along the last axis. */
  rank: None;
  add: None;
  sub: None;
  mul: None;
  div: None;
  sum: { readonly axes: readonly number[] };
  max: { readonly axes: readonly number[] };
  reshape: None;
  broadcastTo: None;
  transpose: { readonly permutation: readonly number[] };
  slice: { readonly starts: readonly number[] };
  pad: { readonly before: readonly number[] };
  concat: { readonly axis: number };
  matmul: None;
  conv: ConvWindow;
  convInputGrad: ConvWindow;
  convFilterGrad: ConvWindow;
  maxPool: PoolWindow;
  /** Sends each window's value back to where that window has its maximum. */
  maxPoolScatter: PoolWindow;
  /** Fetches, for each window, the value that lies where the window has its maximum. */
  maxPoolGather: PoolWindow;
  stopGradient: None;
}

export type Primitive = keyof PrimitiveAttributes;

/** A node of one primitive. */
export interface NodeOf<P extends Primitive> {
  readonly op: P;
  readonly inputs: readonly Node[];
  readonly attributes: PrimitiveAttributes[P];
  readonly shape: Shape;
}

/** A node of any primitive; `op` tells which, and so what its attributes are. */
export type Node = { [P in Primitive]: NodeOf<P> }[Primitive];

/** Builds a node whose shape the caller has derived and checked. */
export function makeNode<P extends Primitive>(
  op: P,
  inputs: readonly Node[],
  attributes: PrimitiveAttributes[P],
  shape: Shape,
): NodeOf<P> & Node {
  return { op, inputs, attributes, shape } as NodeOf<P> & Node;
}

/** The same primitive applied to other operands of the same shapes; where they are its own, itself. */
export function withInputs(node: Node, inputs: readonly Node[]): Node {
  if (inputs.every((input, i) => input === node.inputs[i])) return node;
  return makeNode<Primitive>(node.op, inputs, node.attributes, node.shape);
}

/** The nodes that `outputs` need, each after its inputs. */
export function topologicalOrder(outputs: readonly Node[]): Node[] {
  const order: Node[] = [];
  const state = new Map<Node, "open" | "done">();
  const stack = [...outputs].reverse();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (state.get(node) === undefined) {
      state.set(node, "open");
      for (let i = node.inputs.length - 1; i >= 0; i--) {
        if (!state.has(node.inputs[i])) stack.push(node.inputs[i]);
      }
    } else {
      stack.pop();
      if (state.get(node) === "open") order.push(node);
      state.set(node, "done");
    }
  }
  return order;
}
