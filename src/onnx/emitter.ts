/** Collects ONNX nodes; the same operator on the same operands is emitted once. */
import { sizeOf } from "../shape.ts";
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./proto.ts";

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

export const ints = (values: readonly number[]): OnnxAttribute => ({ ints: values });
export const int = (value: number): OnnxAttribute => ({ int: value });

/**
 * Elements up to which shapes are never hidden: small values take no memory, and where ONNX Runtime knows
 * their shapes it fuses what it else does not, with another rounding.
 */
const smallSize = 4096;

export class Emitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #known = new Map<string, readonly string[]>();
  readonly #anchor: string | undefined;
  readonly #hidesShapes: boolean;
  /** What each value was before it was reshaped by a hidden shape. */
  readonly #reshaped = new Map<string, string>();

  /**
   * @param anchor       Any input of the model, which values that are to be hidden can depend on.
   * @param hidesShapes  Whether ONNX Runtime is to know no large value's shape before it runs, so that no
   *   buffer waits for the next value of its shape: see `hiddenIntegers`. False by default.
   */
  constructor(anchor?: string, { hidesShapes = false }: { readonly hidesShapes?: boolean } = {}) {
    this.#anchor = anchor;
    this.#hidesShapes = hidesShapes;
  }

  /** The result of an operator with one output. */
  emit(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.emitAll(op, inputs, attributes, 1)[0];
  }

  /** The results of an operator with several outputs; unused trailing ones are dropped at the end. */
  emitAll(
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputs: number,
  ): readonly string[] {
    const key = JSON.stringify([op, inputs, attributes, outputs]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = `${op}#${this.#nodes.length}`;
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    this.#nodes.push({ op, name, inputs, outputs: names, attributes });
    this.#known.set(key, names);
    return names;
  }

  /** A vector of integers, as shapes and axes are given. */
  integers(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.#initializer(`i64_${values.join("_")}`, {
      name: "",
      type: "int64",
      shape: [values.length],
      data,
    });
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.#initializer(`f32_${value}`, {
      name: "",
      type: "float32",
      shape: [],
      data: Float32Array.of(value),
    });
  }

  /** A float32 tensor. */
  tensor(data: Float32Array<ArrayBuffer>, shape: readonly number[]): string {
    const content =
      data.length <= 4096 ? `[${shape}]${data.join()}` : `#${this.#initializers.size}`;
    return this.#initializer(`f32_${content}`, {
      name: "",
      type: "float32",
      shape: [...shape],
      data,
    });
  }

  /**
   * A float32 tensor that equals no other, so that what is computed with it is computed anew
   * wherever it is needed instead of being kept in memory.
   */
  ownTensor(data: Float32Array<ArrayBuffer>, shape: readonly number[]): string {
    const name = `own_${this.#initializers.size}`;
    return this.#initializer(name, { name: "", type: "float32", shape: [...shape], data });
  }

  /**
   * A vector of integers that ONNX Runtime does not know before it runs.
   *
   * Its planner keeps a buffer from its first to its last user for all values of one known shape:
   * buffers of a step's forward pass would wait for those of the backward pass. What is reshaped by
   * this vector, and computed from that, is allocated and freed as it goes.
   */
  hiddenIntegers(values: readonly number[]): string {
    const plain = this.integers(values);
    if (this.#anchor === undefined) return plain;
    // The place of the largest of one element: 0, whatever the element is.
    const flat = this.emit("Reshape", [this.#anchor, this.integers([-1])]);
    const element = this.emit("Slice", [flat, ...[0, 1, 0].map((n) => this.integers([n]))]);
    const zero = this.emit("ArgMax", [element], { axis: int(0), keepdims: int(1) });
    return this.emit("Add", [plain, zero]);
  }

  /** `x` with its elements laid out otherwise. */
  reshape(x: string, dims: readonly number[]): string {
    const isLarge = dims.length > 1 && sizeOf(dims) > smallSize;
    if (this.#hidesShapes && isLarge) return this.transientReshape(x, dims);
    // ONNX Runtime fails to fuse a reshape by a hidden shape with one by a known shape.
    return this.emit("Reshape", [this.#reshaped.get(x) ?? x, this.integers(dims)]);
  }

  /** A reshape whose result and what is computed from it is freed after its last use. */
  transientReshape(x: string, dims: readonly number[]): string {
    const source = this.#reshaped.get(x) ?? x;
    const name = this.emit("Reshape", [source, this.hiddenIntegers(dims)]);
    this.#reshaped.set(name, source);
    return name;
  }

  #initializer(name: string, tensor: OnnxTensor): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, { ...tensor, name });
    return name;
  }

  /**
   * The nodes that the outputs need, in order, without results that nobody reads.
   *
   * @param outputs  Value of each output by the name that it gets.
   */
  finish(outputs: ReadonlyMap<string, string>): { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
    const computed = new Set(this.#nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    const copies: OnnxNode[] = [];
    for (const [name, value] of outputs) {
      // A value takes the name of its output; one that has a name already is copied.
      if (computed.has(value) && !renamed.has(value)) renamed.set(value, name);
      else copies.push({ op: "Identity", name, inputs: [value], outputs: [name], attributes: {} });
    }
    const rename = (name: string): string => renamed.get(name) ?? name;
    const used = new Set(outputs.keys());
    const nodes: OnnxNode[] = [];
    for (const node of [...this.#nodes, ...copies].reverse()) {
      const results = node.outputs.map(rename);
      const last = results.findLastIndex((name) => used.has(name));
      if (last < 0) continue;
      const operands = node.inputs.map(rename);
      for (const name of operands) used.add(name);
      // Split has as many results as parts; those of others are optional.
      const kept = node.op === "Split" ? results : results.slice(0, last + 1);
      nodes.push({ ...node, inputs: operands, outputs: kept });
    }
    const initializers = [...this.#initializers.values()].filter(({ name }) => used.has(name));
    return { nodes: nodes.reverse(), initializers };
  }
}
