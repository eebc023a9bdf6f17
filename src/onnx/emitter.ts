/** Collects ONNX nodes; the same operator on the same operands is emitted once. */
import type { OnnxAttribute, OnnxNode, OnnxTensor } from "./proto.ts";

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

export const ints = (values: readonly number[]): OnnxAttribute => ({ ints: values });
export const int = (value: number): OnnxAttribute => ({ int: value });

export class Emitter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #known = new Map<string, readonly string[]>();

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
    const name = `constant_${this.#initializers.size}`;
    return this.#initializer(name, { name: "", type: "float32", shape: [...shape], data });
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
    const identities = [...outputs].map(
      ([name, value]): OnnxNode => ({
        op: "Identity",
        name,
        inputs: [value],
        outputs: [name],
        attributes: {},
      }),
    );
    const used = new Set<string>();
    const nodes: OnnxNode[] = [];
    for (const node of [...this.#nodes, ...identities].reverse()) {
      const last = node.outputs.findLastIndex((name) => used.has(name) || outputs.has(name));
      if (last < 0) continue;
      for (const name of node.inputs) used.add(name);
      nodes.push({ ...node, outputs: node.outputs.slice(0, last + 1) });
    }
    const initializers = [...this.#initializers.values()].filter(({ name }) => used.has(name));
    return { nodes: nodes.reverse(), initializers };
  }
}
