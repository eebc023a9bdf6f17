/** One operator of a file as its rule sees it: operands, attributes, and how to refuse. */
import { constant, interpret, type Node, topologicalOrder } from "../../graph/index.ts";
import { formatShape, type Shape, sizeOf } from "../../shape.ts";
import { OnnxError, type OnnxNode } from "../proto.ts";
import type { ElementKind, ImportedTensor, Sampling } from "./types.ts";

/** What all operators of one trace share. */
export interface TraceContext {
  /** Name of the file, for errors. */
  readonly file: string;
  readonly opset: number;
  /** Values of the inputs that stand for weights, by name; those of a bare architecture are absent. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Of tensors with spatial extent. */
  readonly samplings: WeakMap<Node, Sampling>;
  /** Strides beyond this one are removed and the layers behind them dilated. */
  readonly outputStride: number;
  /** Pictures, and what was computed of them without any weight. */
  readonly unlearned: WeakSet<Node>;
  /** Where pictures share an axis, the places in front of them; 1 where nothing stands here. */
  readonly inFrontOfBatch: WeakMap<Node, number>;
  /** How many operators read a tensor, by its name. */
  readonly readers: ReadonlyMap<string, number>;
  /** Where the file has a fixed batch: the shape of every tensor in it, at the file's own batch. */
  readonly ownShapes: ReadonlyMap<string, Shape> | undefined;
}

export class OperatorCall {
  readonly node: OnnxNode;
  readonly context: TraceContext;
  readonly #operands: readonly (ImportedTensor | undefined)[];

  constructor(
    node: OnnxNode,
    operands: readonly (ImportedTensor | undefined)[],
    context: TraceContext,
  ) {
    this.node = node;
    this.context = context;
    this.#operands = operands;
  }

  get opset(): number {
    return this.context.opset;
  }

  /** Number of operands, absent optional ones at the end left out. */
  get count(): number {
    return this.#operands.findLastIndex((operand) => operand !== undefined) + 1;
  }

  /** An operand. @throws {OnnxError} When it is absent. */
  tensor(index: number): Node {
    const node = this.optional(index);
    if (node === undefined) throw this.refusal(`must have operand ${index}; it is absent`);
    return node;
  }

  optional(index: number): Node | undefined {
    return this.#operands[index]?.node;
  }

  /** All operands of an operator that takes any number of them. */
  tensors(): readonly Node[] {
    return Array.from({ length: this.count }, (_, i) => this.tensor(i));
  }

  kindOf(index: number): ElementKind {
    return this.#operands[index]?.kind ?? "float";
  }

  /** Whether nothing but this operator reads an operand. */
  isOnlyReader(index: number): boolean {
    return (this.context.readers.get(this.node.inputs[index]) ?? 0) <= 1;
  }

  /** The operands that are there. */
  present(): Node[] {
    return this.#operands.flatMap((operand) => (operand === undefined ? [] : [operand.node]));
  }

  /** The elements of an operand that follows from constants and weights; undefined for any other. */
  known(index: number): Float64Array | undefined {
    const node = this.optional(index);
    return node === undefined ? undefined : knownValue(node, this.context.weights);
  }

  /**
   * The numbers in an operand.
   *
   * @param what  What they are, for the error.
   * @throws {OnnxError} When they depend on the pictures.
   */
  numbers(index: number, what: string): number[] {
    const known = this.known(index);
    if (known === undefined) {
      throw this.refusal(
        `${what} must be known when the model is loaded; they depend on the pictures`,
      );
    }
    return [...known];
  }

  /** An operand as a constant, so that it is not trained. */
  frozen(index: number, what: string): Node {
    return constant(Float64Array.from(this.numbers(index, what)), this.tensor(index).shape);
  }

  int(name: string, fallback: number): number {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && "int" in attribute ? attribute.int : fallback;
  }

  float(name: string, fallback: number): number {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && "float" in attribute ? attribute.float : fallback;
  }

  ints(name: string): readonly number[] | undefined {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && "ints" in attribute ? attribute.ints : undefined;
  }

  string(name: string, fallback: string): string {
    const attribute = this.node.attributes[name];
    return attribute !== undefined && "string" in attribute ? attribute.string : fallback;
  }

  /**
   * Axes or the like that are an attribute in older operator sets and an operand in newer ones.
   *
   * @returns  Undefined where neither is there.
   */
  intsOrOperand(name: string, index: number): readonly number[] | undefined {
    const attribute = this.ints(name);
    if (attribute !== undefined || this.optional(index) === undefined) return attribute;
    return this.numbers(index, name);
  }

  /** The error that this operator cannot be used as it is; `rule` ends before its full stop. */
  refusal(rule: string, cure: string = "Export the model without it."): OnnxError {
    const shapes = this.#operands.map((operand) =>
      operand === undefined ? "none" : formatShape(operand.node.shape),
    );
    return new OnnxError(
      `${this.context.file}: ${describe(this.node)}: ${rule} (operands ${shapes.join(", ")}). ${cure}`,
    );
  }
}

/** `Conv "/layer1/conv"`: an operator and its node. */
export const describe = ({ op, domain, name, outputs }: OnnxNode): string =>
  `${domain === undefined ? "" : `${domain}.`}${op} "${name === "" ? outputs[0] : name}"`;

const knownValues = new WeakMap<Node, Float64Array>();

/** The elements of a node that depends on nothing but constants and weights. */
function knownValue(
  node: Node,
  weights: ReadonlyMap<string, Float32Array>,
): Float64Array | undefined {
  const cached = knownValues.get(node);
  if (cached !== undefined) return cached;
  const feeds: Record<string, Float32Array> = {};
  for (const inner of topologicalOrder([node])) {
    if (inner.op !== "input") continue;
    const { name } = inner.attributes;
    const data = weights.get(name);
    if (data === undefined || data.length !== sizeOf(inner.shape)) return undefined;
    feeds[name] = data;
  }
  const [value] = interpret([node], feeds);
  knownValues.set(node, value);
  return value;
}
