/** Tensors in ONNX files: element types and the ways their values may be stored. */

import { sizeOf } from "../shape.ts";
import {
  type EntryMessage,
  type Int64,
  type Int64Input,
  isPresent,
  type TensorMessage,
} from "./protoSchema.ts";

/** An ONNX file, or a model to be written as one, that breaks a rule of the format. */
export class OnnxError extends Error {
  override name = "OnnxError";
}

/** ONNX element types by their number in the file, and the array that holds each in memory. */
const elementTypes = {
  float32: { code: 1, array: Float32Array },
  uint8: { code: 2, array: Uint8Array },
  int8: { code: 3, array: Int8Array },
  uint16: { code: 4, array: Uint16Array },
  int16: { code: 5, array: Int16Array },
  int32: { code: 6, array: Int32Array },
  int64: { code: 7, array: BigInt64Array },
  bool: { code: 9, array: Uint8Array },
  float16: { code: 10, array: Uint16Array },
  float64: { code: 11, array: Float64Array },
  uint32: { code: 12, array: Uint32Array },
  uint64: { code: 13, array: BigUint64Array },
  bfloat16: { code: 16, array: Uint16Array },
} as const;

/** Element type of a tensor; float16 and bfloat16 are held as their 16 bits. */
export type ElementType = keyof typeof elementTypes;

export type ElementArray = InstanceType<(typeof elementTypes)[ElementType]["array"]>;

/** A constant tensor, row-major. The array's class follows `type`; bool is one byte, 0 or 1. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: ElementArray;
}

const typeNames = new Map<number, ElementType>(
  (Object.keys(elementTypes) as ElementType[]).map((type) => [elementTypes[type].code, type]),
);

export function elementCode(type: ElementType): number {
  return elementTypes[type].code;
}

/** @throws {OnnxError} When this library has no such element type. `where` opens the message. */
export function elementType(code: number | undefined, where: string): ElementType {
  const type = typeNames.get(code ?? 0);
  if (type === undefined) {
    throw new OnnxError(
      `${where}: element type must be one of ${[...typeNames.values()].join(", ")}; got ONNX type ` +
        `number ${code ?? 0}. Convert the model to one of these types.`,
    );
  }
  return type;
}

/** The tensor as a message; its values are shared, not copied. */
export function tensorMessage(tensor: OnnxTensor): TensorMessage {
  const { name, type, shape, data } = tensor;
  const expected = elementTypes[type].array;
  if (!(data instanceof expected)) {
    throw new OnnxError(
      `encodeOnnx: data of tensor "${name}" must be a ${expected.name} for type ${type}; got a ` +
        `${data.constructor.name}.`,
    );
  }
  if (data.length !== sizeOf(shape)) {
    throw new OnnxError(
      `encodeOnnx: data of tensor "${name}" must have ${sizeOf(shape)} elements for shape ` +
        `[${shape.join(", ")}]; got ${data.length}.`,
    );
  }
  return {
    name,
    dims: [...shape],
    data_type: elementTypes[type].code,
    raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/** The tensor in a message: a view of the file's bytes where they are stored raw and aligned. */
export function readTensor(message: TensorMessage, file: string): OnnxTensor {
  const name = message.name ?? "";
  const where = `${file}: tensor "${name}"`;
  if (message.data_location === 1) {
    throw new OnnxError(
      `${where}: values must be inside the file; got external data in ` +
        `"${externalLocation(message.external_data)}". Save the model with its weights inside, ` +
        "as onnx.save_model(model, file, save_as_external_data=False) does.",
    );
  }
  const type = elementType(message.data_type, where);
  const shape = (message.dims ?? []).map(toNumber);
  const data = readValues(message, type, where);
  if (data.length !== sizeOf(shape)) {
    throw new OnnxError(
      `${where}: must have ${sizeOf(shape)} elements for shape [${shape.join(", ")}]; got ` +
        `${data.length}. The file is damaged: export or download it again.`,
    );
  }
  return { name, type, shape, data };
}

/** A 64-bit integer as a number, rounded beyond 2^53. */
export function toNumber(value: Int64Input): number {
  return typeof value === "object" ? value.toNumber() : Number(value);
}

function externalLocation(entries: readonly EntryMessage[] = []): string {
  return entries.find((entry) => entry.key === "location")?.value ?? "";
}

function readValues(message: TensorMessage, type: ElementType, where: string): ElementArray {
  const { array } = elementTypes[type];
  if (message.raw_data !== undefined && isPresent(message, "raw_data")) {
    return fromBytes(message.raw_data, type, where);
  }
  if (type === "float32") return fromBytes(concat(message.float_data), type, where);
  if (type === "float64") return fromBytes(concat(message.double_data), type, where);
  if (type === "int64") return BigInt64Array.from(message.int64_data ?? [], toBigInt);
  if (type === "uint64") {
    const values = BigInt64Array.from(message.uint64_data ?? [], toBigInt);
    return new BigUint64Array(values.buffer);
  }
  if (type === "uint32") {
    return Uint32Array.from(message.uint64_data ?? [], (value) => value.low >>> 0);
  }
  return new (array as Int32ArrayConstructor)(message.int32_data ?? []);
}

/** Little-endian bytes as elements: a view where they are aligned, a copy where not. */
function fromBytes(bytes: Uint8Array, type: ElementType, where: string): ElementArray {
  const { array } = elementTypes[type];
  const width = array.BYTES_PER_ELEMENT;
  if (bytes.byteLength % width !== 0) {
    throw new OnnxError(
      `${where}: values must be whole elements of ${width} bytes for type ${type}; got ` +
        `${bytes.byteLength} bytes. The file is damaged: export or download it again.`,
    );
  }
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / width);
}

function concat(chunks: readonly Uint8Array[] = []): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function toBigInt(value: Int64): bigint {
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}
