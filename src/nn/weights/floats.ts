/** Element types of stored floating-point numbers, as float32. */

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

/** A bfloat16 is the upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const sign = halves[i] & 0x8000 ? -1 : 1;
    const exponent = (halves[i] >> 10) & 31;
    const fraction = halves[i] & 1023;
    if (exponent === 31) values[i] = fraction === 0 ? sign * Infinity : NaN;
    else if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else values[i] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return values;
}
