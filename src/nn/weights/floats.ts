/** Element types of stored floating-point numbers, as float32. */

import { fromBfloat16, fromFloat16 } from "../../halfFloats.ts";
import { WeightsError } from "./types.ts";

export type FloatType = "float16" | "bfloat16" | "float32" | "float64";

export const floatWidths: Readonly<Record<FloatType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/**
 * Little-endian floating-point numbers as float32; a view of `bytes` where they are that already.
 *
 * @param where  Opens the message of an error: the file and the tensor.
 */
export function toFloat32(bytes: Uint8Array, type: FloatType, where: string): Float32Array {
  const width = floatWidths[type];
  if (bytes.byteLength % width !== 0) {
    throw new WeightsError(
      `${where}: must be whole elements of ${width} bytes for type ${type}; got ` +
        `${bytes.byteLength} bytes. The file may be damaged: download or save it again.`,
    );
  }
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const length = bytes.byteLength / width;
  if (type === "float32") return new Float32Array(buffer, byteOffset, length);
  if (type === "float64") return Float32Array.from(new Float64Array(buffer, byteOffset, length));
  const halves = new Uint16Array(buffer, byteOffset, length);
  return type === "bfloat16" ? fromBfloat16(halves) : fromFloat16(halves);
}
