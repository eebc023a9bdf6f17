/** Graphs in ONNX files: values, nodes, attributes. */

import {
  type AttributeMessage,
  type DimensionMessage,
  type GraphMessage,
  isPresent,
  type NodeMessage,
  type ValueMessage,
} from "./protoSchema.ts";
import {
  type ElementType,
  elementCode,
  elementType,
  OnnxError,
  type OnnxTensor,
  readTensor,
  tensorMessage,
  toNumber,
} from "./protoTensor.ts";

/** The value of a node's attribute, by its ONNX kind. */
export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly tensor: OnnxTensor }
  | { readonly graph: OnnxGraph }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensors: readonly OnnxTensor[] };

/** One operator applied to named values; an absent optional input is the empty name. */
export interface OnnxNode {
  readonly op: string;
  /** Operator set; absent for the standard one. */
  readonly domain?: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A declared input or output; a string in `shape` names a free dimension, "" if unnamed. */
export interface OnnxValue {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

export function graphMessage(graph: OnnxGraph): GraphMessage {
  return {
    name: graph.name,
    input: graph.inputs.map(valueMessage),
    output: graph.outputs.map(valueMessage),
    node: graph.nodes.map(nodeMessage),
    initializer: graph.initializers.map(tensorMessage),
  };
}

export function readGraph(message: GraphMessage, file: string): OnnxGraph {
  return {
    name: message.name ?? "",
    inputs: (message.input ?? []).map((value) => readValue(value, file)),
    outputs: (message.output ?? []).map((value) => readValue(value, file)),
    nodes: (message.node ?? []).map((node) => readNode(node, file)),
    initializers: (message.initializer ?? []).map((tensor) => readTensor(tensor, file)),
  };
}

function valueMessage(value: OnnxValue): ValueMessage {
  const dim = value.shape.map(
    (size): DimensionMessage =>
      typeof size === "number" ? { dim_value: size } : size === "" ? {} : { dim_param: size },
  );
  return {
    name: value.name,
    type: { tensor_type: { elem_type: elementCode(value.type), shape: { dim } } },
  };
}

function readValue(message: ValueMessage, file: string): OnnxValue {
  const name = message.name ?? "";
  const tensor = message.type?.tensor_type;
  return {
    name,
    type: elementType(tensor?.elem_type, `${file}: value "${name}"`),
    shape: (tensor?.shape?.dim ?? []).map(readDimension),
  };
}

function readDimension(message: DimensionMessage): number | string {
  if (isPresent(message, "dim_value")) return toNumber(message.dim_value ?? 0);
  return message.dim_param ?? "";
}

function nodeMessage(node: OnnxNode): NodeMessage {
  return {
    op_type: node.op,
    name: node.name,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) =>
      attributeMessage(name, value),
    ),
    ...(node.domain !== undefined && { domain: node.domain }),
  };
}

function readNode(message: NodeMessage, file: string): OnnxNode {
  const { name = "", op_type = "", domain = "" } = message;
  return {
    op: op_type,
    ...(domain !== "" && domain !== "ai.onnx" && { domain }),
    name,
    inputs: message.input ?? [],
    outputs: message.output ?? [],
    attributes: Object.fromEntries(
      (message.attribute ?? []).map((attribute) => [
        attribute.name ?? "",
        readAttribute(attribute, `${file}: ${op_type} node "${name}"`, file),
      ]),
    ),
  };
}

/** Numbers of the attribute kinds in the file. */
const kinds = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
} as const;

function attributeMessage(name: string, value: OnnxAttribute): AttributeMessage {
  if ("float" in value) return { name, type: kinds.float, f: value.float };
  if ("int" in value) return { name, type: kinds.int, i: int64(value.int) };
  if ("string" in value) return { name, type: kinds.string, s: utf8(value.string) };
  if ("tensor" in value) return { name, type: kinds.tensor, t: tensorMessage(value.tensor) };
  if ("graph" in value) return { name, type: kinds.graph, g: graphMessage(value.graph) };
  if ("floats" in value) return { name, type: kinds.floats, floats: [...value.floats] };
  if ("ints" in value) return { name, type: kinds.ints, ints: value.ints.map(int64) };
  if ("strings" in value) return { name, type: kinds.strings, strings: value.strings.map(utf8) };
  return { name, type: kinds.tensors, tensors: value.tensors.map(tensorMessage) };
}

function readAttribute(message: AttributeMessage, where: string, file: string): OnnxAttribute {
  switch (message.type) {
    case kinds.float:
      return { float: message.f ?? 0 };
    case kinds.int:
      return { int: toNumber(message.i ?? 0) };
    case kinds.string:
      return { string: text(message.s) };
    case kinds.tensor:
      return { tensor: readTensor(message.t ?? {}, file) };
    case kinds.graph:
      return { graph: readGraph(message.g ?? {}, file) };
    case kinds.floats:
      return { floats: message.floats ?? [] };
    case kinds.ints:
      return { ints: (message.ints ?? []).map(toNumber) };
    case kinds.strings:
      return { strings: (message.strings ?? []).map(text) };
    case kinds.tensors:
      return { tensors: (message.tensors ?? []).map((tensor) => readTensor(tensor, file)) };
    default:
      throw new OnnxError(
        `${where}: attribute "${message.name ?? ""}" must be of kind ${Object.keys(kinds).join(", ")}; ` +
          `got ONNX kind number ${message.type ?? 0}. Export the model without this attribute.`,
      );
  }
}

const maxInt64 = 2n ** 63n - 1n;

/** Digits, because a number such as 2^63 (standing for the largest integer) would overflow. */
function int64(value: number): string {
  const exact = BigInt(value);
  return String(exact > maxInt64 ? maxInt64 : exact);
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(bytes: Uint8Array = new Uint8Array()): string {
  return new TextDecoder().decode(bytes);
}
