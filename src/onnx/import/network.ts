/** A file's network, which can be traced at any batch and, where the file allows it, any size. */
import { constant, input, type Node } from "../../graph/index.ts";
import type { Shape } from "../../shape.ts";
import {
  OnnxError,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from "../proto.ts";
import { applyOperator } from "./applyOperator.ts";
import { OperatorCall, type TraceContext } from "./call.ts";
import { checkOperators, picturesOf, requireOpset } from "./check.ts";
import { isFloatType, kindOf, numbersOf } from "./elements.ts";
import { learned } from "./learned.ts";
import type { ImportedTensor, Sampling } from "./types.ts";

/** A tensor of weights, as the file has it. */
export interface ImportedWeight {
  readonly name: string;
  readonly shape: Shape;
  /** Absent in a file that holds the architecture only. */
  readonly data?: Float32Array;
  /** Its node in every trace: an input of that name. */
  readonly node: Node;
}

export interface TraceOptions {
  /** Results that are wanted, by the file's names. */
  readonly outputs: readonly string[];
  /** Strides beyond this one are removed and the layers behind dilated; all are kept by default. */
  readonly outputStride?: number;
}

export interface ImportTrace {
  /** Every real tensor that was computed, in order, by its name in the file. */
  readonly tensors: ReadonlyMap<string, Node>;
  /** How tensors with spatial extent relate to the pictures. */
  samplingOf(node: Node): Sampling | undefined;
}

export class ImportedNetwork {
  readonly file: string;
  readonly model: OnnxModel;
  /** The input that takes pictures. */
  readonly pictures: OnnxValue;
  /** Whether pictures are [N, H, W, 3] in the file. */
  readonly isChannelsLast: boolean;
  /** Float initializers of more than one element, and inputs that stand for them. */
  readonly weights: ReadonlyMap<string, ImportedWeight>;
  readonly #constants: ReadonlyMap<string, ImportedTensor>;
  readonly #values: ReadonlyMap<string, Float32Array>;
  readonly #nodesByOutput: ReadonlyMap<string, OnnxNode>;

  /**
   * @param file  Its name, for errors.
   * @throws {OnnxError} When it is of an old operator set, or does not take pictures.
   */
  constructor(model: OnnxModel, file: string) {
    this.file = file;
    this.model = model;
    const { initializers, inputs, nodes } = model.graph;
    requireOpset(model.opset, file);
    const known = new Set(initializers.map(({ name }) => name));
    const given = inputs.filter(({ name }) => !known.has(name));
    this.pictures = picturesOf(given, model.metadata, file);
    this.isChannelsLast = this.pictures.shape[1] !== 3 && this.pictures.shape[3] === 3;
    this.#nodesByOutput = new Map(
      nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
    );
    const weights = new Map<string, ImportedWeight>();
    const constants = new Map<string, ImportedTensor>();
    for (const { name, shape, type } of given) {
      if (name === this.pictures.name || type !== "float32") continue;
      const dims = shape.map(Number);
      weights.set(name, { name, shape: dims, node: input(name, dims) });
    }
    for (const tensor of [...initializers, ...weightConstants(model.graph)]) {
      const { name, shape, type } = tensor;
      const data = numbersOf(tensor);
      if (isFloatType(type) && data.length > 1) {
        const node = input(name, shape);
        weights.set(name, { name, shape, data: new Float32Array(data), node });
      } else {
        constants.set(name, { node: constant(data, shape), kind: kindOf(type) });
      }
    }
    this.weights = weights;
    this.#constants = constants;
    this.#values = new Map(
      [...weights.values()].flatMap(({ name, data }) => (data === undefined ? [] : [[name, data]])),
    );
  }

  /** The node of the file that computes a tensor. */
  producerOf(tensor: string): OnnxNode | undefined {
    return this.#nodesByOutput.get(tensor);
  }

  /** @throws {OnnxError} When `outputs` need operators that cannot be read: all of them are named. */
  requireReadable(outputs: readonly string[]): void {
    checkOperators(this.nodesFor(outputs), this.file);
  }

  /** The file's nodes that `outputs` need, in order. */
  nodesFor(outputs: readonly string[]): readonly OnnxNode[] {
    const wanted = new Set<string>(outputs);
    const needed: OnnxNode[] = [];
    for (const node of [...this.model.graph.nodes].reverse()) {
      if (!node.outputs.some((name) => wanted.has(name))) continue;
      needed.push(node);
      // An absent operand has the empty name, as an absent result has.
      for (const name of node.inputs) if (name !== "") wanted.add(name);
    }
    return needed.reverse();
  }

  /**
   * Applies the file's operators to pictures.
   *
   * @param pictures  [N, 3, H, W], however the file has them.
   * @throws {OnnxError} When an operator cannot take its operands or attributes.
   */
  trace(
    pictures: Node,
    { outputs, outputStride = Number.POSITIVE_INFINITY }: TraceOptions,
  ): ImportTrace {
    const ownShapes = this.#ownShapes(pictures, outputs);
    return this.#trace(pictures, { outputs, outputStride }, ownShapes);
  }

  /** Shapes at the file's own batch, where that is fixed and another than that of `pictures`. */
  #ownShapes(pictures: Node, outputs: readonly string[]): ReadonlyMap<string, Shape> | undefined {
    const [batch] = this.pictures.shape;
    if (typeof batch !== "number" || batch < 1 || batch === pictures.shape[0]) return undefined;
    const own = input("pictures", [batch, ...pictures.shape.slice(1)]);
    const { tensors } = this.#trace(
      own,
      { outputs, outputStride: Number.POSITIVE_INFINITY },
      undefined,
    );
    return new Map(Array.from(tensors, ([name, { shape }]) => [name, shape]));
  }

  #trace(
    pictures: Node,
    { outputs, outputStride }: Required<TraceOptions>,
    ownShapes: ReadonlyMap<string, Shape> | undefined,
  ): ImportTrace {
    const nodes = this.nodesFor(outputs);
    const readers = new Map(outputs.map((name) => [name, 1]));
    for (const name of nodes.flatMap(({ inputs }) => inputs)) {
      readers.set(name, (readers.get(name) ?? 0) + 1);
    }
    const samplings = new WeakMap<Node, Sampling>([[pictures, { stride: 1, density: 1 }]]);
    const context: TraceContext = {
      file: this.file,
      opset: this.model.opset,
      weights: this.#values,
      samplings,
      outputStride,
      unlearned: new WeakSet([pictures]),
      readers,
      inFrontOfBatch: new WeakMap(),
      ownShapes,
    };
    const computed = new Map<string, ImportedTensor>([
      [this.pictures.name, { node: pictures, kind: "float" }],
    ]);
    const operandOf = (name: string): ImportedTensor | undefined => {
      if (name === "") return undefined;
      const weight = this.weights.get(name);
      const operand =
        (weight && ({ node: weight.node, kind: "float" } as const)) ??
        computed.get(name) ??
        this.#constants.get(name);
      if (operand === undefined) {
        throw new OnnxError(
          `${this.file}: tensor "${name}" must be computed before it is read, or be an initializer; it is neither, or an output that is not read here. Export the model again.`,
        );
      }
      return operand;
    };
    for (const node of nodes) {
      const operands = node.inputs.map(operandOf);
      const results = applyOperator(new OperatorCall(node, operands, context));
      node.outputs.forEach((name, i) => {
        if (name !== "" && results[i] !== undefined) computed.set(name, results[i]);
      });
    }
    const tensors = new Map<string, Node>();
    for (const [name, { node, kind }] of computed) {
      if (kind === "float") tensors.set(name, node);
    }
    return { tensors, samplingOf: (node) => samplings.get(node) };
  }
}

/** Constants that operators with weights read in the place of their weights, as some exporters have it. */
function weightConstants({ nodes }: OnnxModel["graph"]): OnnxTensor[] {
  const places = new Set(
    nodes.filter(({ op }) => learned.has(op)).flatMap(({ inputs }) => inputs.slice(1)),
  );
  return nodes.flatMap(({ op, outputs, attributes: { value } }) =>
    op === "Constant" && places.has(outputs[0]) && value !== undefined && "tensor" in value
      ? [{ ...value.tensor, name: outputs[0] }]
      : [],
  );
}
