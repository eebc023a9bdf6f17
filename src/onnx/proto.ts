/** Reads and writes ONNX files. */

import { messageOf } from "../messageOf.ts";
import { graphMessage, type OnnxGraph, readGraph } from "./protoGraph.ts";
import { isPresent, type ModelMessage, readModel, writeModel } from "./protoSchema.ts";
import { OnnxError, toNumber } from "./protoTensor.ts";

export type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxValue } from "./protoGraph.ts";
export { type ElementArray, type ElementType, OnnxError, type OnnxTensor } from "./protoTensor.ts";

export interface OnnxModel {
  /** Version of the standard operator set. */
  readonly opset: number;
  /** Versions of other operator sets, by domain. */
  readonly domains?: Readonly<Record<string, number>>;
  readonly irVersion: number;
  readonly producer: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
}

/**
 * The bytes of an ONNX file.
 *
 * @throws {OnnxError} When a tensor's data does not fit its type or shape.
 */
export function encodeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const domains = Object.entries({ "": model.opset, ...model.domains });
  return writeModel({
    ir_version: model.irVersion,
    producer_name: model.producer,
    graph: graphMessage(model.graph),
    opset_import: domains.map(([domain, version]) => ({ domain, version })),
    metadata_props: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
  });
}

/**
 * The model in an ONNX file. Tensors that are stored raw and aligned are views of `bytes`.
 *
 * @param file  Name of the file, for errors.
 * @throws {OnnxError} When `bytes` is not a whole ONNX model, keeps tensors in other files, or
 *   uses types that are not tensors of numbers.
 */
export function decodeOnnx(bytes: Uint8Array, file: string = "decodeOnnx"): OnnxModel {
  const message = readWhole(bytes, file);
  const opsets = message.opset_import ?? [];
  const versions = new Map(
    opsets.map(({ domain = "", version = 0 }) => [
      domain === "ai.onnx" ? "" : domain,
      toNumber(version),
    ]),
  );
  const opset = versions.get("") ?? 0;
  versions.delete("");
  return {
    opset,
    ...(versions.size > 0 && { domains: Object.fromEntries(versions) }),
    irVersion: toNumber(message.ir_version ?? 0),
    producer: message.producer_name ?? "",
    metadata: Object.fromEntries(
      (message.metadata_props ?? []).map(({ key = "", value = "" }) => [key, value]),
    ),
    graph: readGraph(message.graph ?? {}, file),
  };
}

const cure = "The file may be truncated or of another format: export or download it again.";

function readWhole(bytes: Uint8Array, file: string): ModelMessage {
  const message = readMessage(bytes, file);
  const missing = [
    !isPresent(message, "ir_version") && "IR version",
    !isPresent(message, "graph") && "graph",
    !message.opset_import?.length && "operator set",
  ].filter((part) => part !== false);
  if (missing.length > 0) {
    throw new OnnxError(
      `${file}: must be a whole ONNX model; got a file without ${missing.join(", ")}. ${cure}`,
    );
  }
  return message;
}

function readMessage(bytes: Uint8Array, file: string): ModelMessage {
  try {
    return readModel(bytes);
  } catch (error) {
    const reason = messageOf(error);
    throw new OnnxError(`${file}: must be a whole ONNX model (${reason}). ${cure}`, {
      cause: error,
    });
  }
}
