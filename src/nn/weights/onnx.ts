/** Reads weights from the initializers of an ONNX file. */

import { decodeOnnx, OnnxError, type OnnxTensor } from "../../onnx/proto.ts";
import { toFloat32 } from "./floats.ts";
import { type NamedTensor, type Weights, WeightsError } from "./types.ts";

/** The floating-point initializers; integers, such as shapes, are left out. */
export function onnxWeights(bytes: Uint8Array, file: string): Weights {
  const weights = new Map<string, NamedTensor>();
  for (const tensor of initializers(bytes, file)) {
    const { name, type, shape, data } = tensor;
    if (type === "float32" || type === "float64" || type === "float16" || type === "bfloat16") {
      const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      weights.set(name, { shape, data: toFloat32(raw, type, `${file}: tensor "${name}"`) });
    }
  }
  return weights;
}

function initializers(bytes: Uint8Array, file: string): readonly OnnxTensor[] {
  try {
    return decodeOnnx(bytes, file).graph.initializers;
  } catch (error) {
    if (error instanceof OnnxError) throw new WeightsError(error.message, { cause: error });
    throw error;
  }
}
