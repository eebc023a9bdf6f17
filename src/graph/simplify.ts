/**
 * The same values from fewer nodes: merges repeated subexpressions, folds what is trivial, and
 * leaves broadcasts to the operations that broadcast anyway.
 */
import { type Shape, sameShape, sizeOf } from "../shape.ts";
import { add, div, gate, mul, neg, sub } from "./elementwise.ts";
import { broadcastTo, reshape, transpose } from "./layout.ts";
import { makeNode, type Node, topologicalOrder, withInputs } from "./node.ts";
import { maxPoolScatter } from "./pool.ts";
import { sum } from "./reduce.ts";
import { constant, constantValue } from "./source.ts";

/** Nodes with the values of `outputs`, in their order. */
export function simplify(outputs: readonly Node[]): Node[] {
  const merger = new Merger();
  const replaced = new Map<Node, Node>();
  const lookUp = (node: Node): Node => replaced.get(node) ?? node;
  for (const node of topologicalOrder(outputs)) {
    replaced.set(node, merger.settle(withInputs(node, node.inputs.map(lookUp))));
  }
  return outputs.map(lookUp);
}

/** Gives equal nodes one identity (hash-consing), after rewriting them as far as they go. */
class Merger {
  readonly #known = new Map<string, Node>();
  readonly #ids = new Map<Node, number>();
  readonly #arrays = new Map<object, number>();

  settle(node: Node): Node {
    if (this.#ids.has(node)) return node;
    const rewritten = rewrite(node);
    if (rewritten !== node) return this.#settleTree(rewritten);
    const key = this.#key(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, node);
    this.#ids.set(node, this.#ids.size);
    return node;
  }

  /** Settles a rewritten node whose inner nodes may be new. */
  #settleTree(node: Node): Node {
    if (this.#ids.has(node)) return node;
    return this.settle(
      withInputs(
        node,
        node.inputs.map((input) => this.#settleTree(input)),
      ),
    );
  }

  #key(node: Node): string {
    const operands = node.inputs.map((operand) => this.#ids.get(operand)).join();
    const attributes =
      node.op === "constant"
        ? this.#describeData(node.attributes.data)
        : JSON.stringify(node.attributes);
    return `${node.op}(${operands})[${node.shape}]${attributes}`;
  }

  /** Small constants by value, large ones by the identity of their array. */
  #describeData(data: Float32Array | Float64Array): string {
    if (data.length <= 4096) return data.join();
    const serial = this.#arrays.get(data) ?? this.#arrays.size;
    this.#arrays.set(data, serial);
    return `array ${serial}`;
  }
}

/** One step towards the simpler form, or the node itself. */
function rewrite(node: Node): Node {
  switch (node.op) {
    case "add":
    case "sub":
    case "mul":
    case "div":
      return rewriteBinary(node);
    case "gate":
      return isZero(node.inputs[0]) ? zeros(node.shape) : gateBeforeScatter(node);
    case "neg": {
      const [x] = node.inputs;
      if (x.op === "neg") return x.inputs[0];
      const value = constantValue(x);
      return value === undefined ? node : filled(-value, node.shape);
    }
    case "reshape": {
      const [x] = node.inputs;
      if (x.op === "reshape") return reshape(x.inputs[0], node.shape);
      const value = constantValue(x);
      if (value !== undefined) return filled(value, node.shape);
      return x.op === "constant" ? constant(x.attributes.data, node.shape) : node;
    }
    case "broadcastTo": {
      const [x] = node.inputs;
      return x.op === "broadcastTo" ? broadcastTo(x.inputs[0], node.shape) : node;
    }
    case "transpose": {
      const [x] = node.inputs;
      if (x.op !== "transpose") return node;
      const inner = x.attributes.permutation;
      return transpose(
        x.inputs[0],
        node.attributes.permutation.map((axis) => inner[axis]),
      );
    }
    case "sum":
      return rewriteSum(node);
    case "matmul":
    case "conv":
    case "convInputGrad":
    case "convFilterGrad":
      return node.inputs.some(isZero) ? zeros(node.shape) : node;
    case "slice":
    case "pad":
    case "maxPoolScatter":
    case "maxPoolGather":
      return isZero(node.inputs[0]) ? zeros(node.shape) : node;
    default:
      return node;
  }
}

const filled = (value: number, shape: Shape): Node => broadcastTo(constant(value), shape);
const zeros = (shape: Shape): Node => filled(0, shape);
const isZero = (node: Node): boolean => constantValue(node) === 0;

/**
 * A gate by what a pool has pooled, on the smaller side of the pool: where a window's value goes,
 * the picture is the window's maximum, so that either both lie between the bounds or neither does.
 */
function gateBeforeScatter(node: Node & { op: "gate" }): Node {
  const [x, control] = node.inputs;
  if (x.op !== "maxPoolScatter" || x.inputs[1] !== control) return node;
  const [g] = x.inputs;
  const maxima = makeNode("maxPool", [control], x.attributes, g.shape);
  return maxPoolScatter(gate(g, maxima, node.attributes), control, x.attributes);
}

function rewriteBinary(node: Node & { op: "add" | "sub" | "mul" | "div" }): Node {
  const [a, b] = node.inputs;
  const [x, y] = [constantValue(a), constantValue(b)];
  if (x !== undefined && y !== undefined) {
    const folded = { add: x + y, sub: x - y, mul: x * y, div: x / y }[node.op];
    return filled(folded, node.shape);
  }
  const whole = (operand: Node): Node => broadcastTo(operand, node.shape);
  switch (node.op) {
    case "add":
      if (x === 0) return whole(b);
      if (y === 0) return whole(a);
      if (b.op === "neg") return sub(a, b.inputs[0]);
      if (a.op === "neg") return sub(b, a.inputs[0]);
      break;
    case "sub":
      if (x === 0) return whole(neg(b));
      if (y === 0) return whole(a);
      if (b.op === "neg") return add(a, b.inputs[0]);
      break;
    case "mul":
      if (x === 0 || y === 0) return zeros(node.shape);
      if (x === 1) return whole(b);
      if (y === 1) return whole(a);
      if (x !== undefined) return mul(b, a);
      if (y !== undefined && a.op === "mul") {
        const inner = constantValue(a.inputs[1]);
        if (inner !== undefined) return whole(mul(a.inputs[0], inner * y));
      }
      break;
    case "div":
      if (x === 0) return zeros(node.shape);
      if (y !== undefined) return whole(mul(a, 1 / y));
      break;
  }
  return deferBroadcast(node);
}

/** Computes on unstretched operands and stretches the result, where that is less work. */
function deferBroadcast(node: Node & { op: "add" | "sub" | "mul" | "div" }): Node {
  if (!node.inputs.some((operand) => operand.op === "broadcastTo")) return node;
  const [a, b] = node.inputs.map((operand) =>
    operand.op === "broadcastTo" ? operand.inputs[0] : operand,
  );
  const operation = { add, sub, mul, div }[node.op];
  return broadcastTo(operation(a, b), node.shape);
}

/** A sum along stretched axes is a product with their length. */
function rewriteSum(node: Node & { op: "sum" }): Node {
  const [x] = node.inputs;
  if (x.op !== "broadcastTo") return node;
  const { axes } = node.attributes;
  const source = x.inputs[0];
  const added = x.shape.length - source.shape.length;
  const aligned = reshape(source, [...Array<number>(added).fill(1), ...source.shape]);
  const stretched = axes.filter((axis) => aligned.shape[axis] === 1);
  const factor = sizeOf(stretched.map((axis) => x.shape[axis]));
  if (factor === 1) return node;
  const rest = axes.filter((axis) => !stretched.includes(axis));
  const partial = rest.length === 0 ? aligned : sum(aligned, rest, { keepDims: true });
  const scaled = mul(partial, factor);
  return sameShape(scaled.shape, node.shape) ? scaled : broadcastTo(scaled, node.shape);
}
