/** Elements of tensors in files as real numbers. */
import { fromBfloat16, fromFloat16 } from "../../halfFloats.ts";
import type { ElementType, OnnxTensor } from "../proto.ts";
import type { ElementKind } from "./types.ts";

export const isFloatType = (type: ElementType): boolean => type.includes("float");

export const kindOf = (type: ElementType): ElementKind =>
  isFloatType(type) ? "float" : type === "bool" ? "boolean" : "integer";

/** The elements of a tensor of any type. */
export function numbersOf({ type, data }: OnnxTensor): Float64Array {
  if (type === "float16") return Float64Array.from(fromFloat16(data as Uint16Array));
  if (type === "bfloat16") return Float64Array.from(fromBfloat16(data as Uint16Array));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data, Number);
  }
  return new Float64Array(data);
}
