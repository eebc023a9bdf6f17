/**
 * From an ONNX file to the library's own graph.
 *
 * A file's operators are applied one by one, in the file's order, to nodes of `graph/`: the table
 * `importRules` says what each operator is in primitives. Shapes are static, so all arithmetic on
 * shapes is folded into constants on the way. Float initializers with more than one element become
 * inputs that can be trained; what else a file holds becomes constants.
 */
import type { Node } from "../../graph/index.ts";
import type { OperatorCall } from "./call.ts";

/** What the elements of a tensor stand for; the graph itself has real numbers only. */
export type ElementKind = "float" | "integer" | "boolean";

/** A tensor of the file, as a node. */
export interface ImportedTensor {
  readonly node: Node;
  readonly kind: ElementKind;
}

/** A tensor whose elements are known when the graph is built. */
export interface KnownTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly kind: ElementKind;
}

/** What an operator is in primitives: the nodes of its outputs, in order. */
export type ImportRule = (call: OperatorCall) => Node | readonly Node[];

/** What an operator computes of operands that are all known. */
export type FoldRule = (operands: readonly KnownTensor[], call: OperatorCall) => KnownTensor;

/** How a tensor with spatial extent relates to the pictures. */
export interface Sampling {
  /** Pixels between its places in the network as the file has it. */
  readonly stride: number;
  /** By how much it is denser here, where strides were removed. */
  readonly density: number;
}
