/** A network without its weights, small enough to lie in every run's folder. */

import type { Node } from "../../graph/index.ts";
import { type ImportedNetwork, picturesKey } from "../../onnx/import/index.ts";
import { encodeOnnx, type OnnxModel } from "../../onnx/index.ts";

/** Where the metadata of an architecture says which tensor the model ends in. */
export const endKey = "end";

/** Whether a file holds an architecture without weights. */
export const isArchitecture = ({ metadata }: OnnxModel): boolean =>
  metadata[picturesKey] !== undefined && metadata[endKey] !== undefined;

/**
 * Whether a matrix product reads a tensor, whose channels then are its last axis; a convolution reads
 * channels behind the batch.
 */
export function isReadByProduct({ model }: ImportedNetwork, tensor: string): boolean {
  const reader = model.graph.nodes.find(({ inputs }) => inputs.includes(tensor));
  return (reader?.op ?? model.metadata[readerKey]) === "MatMul";
}

/** Where the metadata of an architecture says which operator read the tensor that it ends in. */
const readerKey = "reader";

interface Architecture {
  /** Of the model. */
  readonly name: string;
  /** Name of the tensor that the file's part of the model ends in. */
  readonly end: string;
  /** Its node, for any batch. */
  readonly features: Node;
  /** Names of the weights. */
  readonly trained: ReadonlySet<string>;
}

/**
 * The bytes of a file with the operators that lead to `end` and everything but the weights, which
 * become inputs: their values are in the run's checkpoint.
 */
export function architectureOf(
  network: ImportedNetwork,
  { name: modelName, end, features, trained }: Architecture,
): Uint8Array<ArrayBuffer> {
  const { model, pictures } = network;
  const nodes = network.nodesFor([end]);
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  const kept = model.graph.initializers.filter(({ name }) => used.has(name));
  const weights = Array.from(network.weights.values()).filter(({ name }) => trained.has(name));
  return encodeOnnx({
    ...model,
    metadata: {
      ...model.metadata,
      model: modelName,
      [picturesKey]: pictures.name,
      [endKey]: end,
      [readerKey]: isReadByProduct(network, end) ? "MatMul" : "Conv",
    },
    graph: {
      name: model.graph.name,
      nodes,
      inputs: [
        pictures,
        ...weights.map(({ name, shape }) => ({ name, type: "float32" as const, shape })),
      ],
      outputs: [{ name: end, type: "float32", shape: ["N", ...features.shape.slice(1)] }],
      initializers: kept.filter(({ name }) => !trained.has(name)),
    },
  });
}
