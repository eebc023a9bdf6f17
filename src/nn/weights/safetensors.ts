/**
 * Reads and writes safetensors files: a JSON header, then the tensors' bytes.
 *
 *   8 bytes: length n of the header, little-endian; n bytes: JSON; then the tensors, back to back
 */

import { open } from "node:fs/promises";
import { z } from "zod";
import { sizeOf } from "../../shape.ts";
import { type FloatType, toFloat32 } from "./floats.ts";
import { damagedFile, type NamedTensor, type Weights, WeightsError } from "./types.ts";

/** A tensor of any type that is written; its type follows from the class of `data`. */
export interface SafeTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array;
}

export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Writes a file in place and waits until it is on the disk; atomicity is the caller's. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const handle = await open(path, "w");
  try {
    for (const part of fileParts(tensors, metadata)) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of a file. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return Buffer.concat(fileParts(tensors, metadata));
}

/**
 * The tensors and metadata in a file. Float16 and bfloat16 come back as float32, bool as bytes.
 * Aligned tensors are views of `bytes`.
 *
 * @throws {WeightsError} When the file is truncated, of another format, or of other types.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const { entries, metadata, start } = readHeader(bytes, file);
  const tensors = new Map<string, SafeTensor>();
  for (const [name, entry] of entries) {
    const [begin, end] = entry.data_offsets;
    const where = `${file}: tensor "${name}"`;
    if (begin > end || start + end > bytes.length) {
      throw new WeightsError(
        `${where}: must lie in the file's ${bytes.length} bytes; got bytes ${start + begin} to ` +
          `${start + end}. The file may be truncated: download or save it again.`,
      );
    }
    const stored = new Uint8Array(bytes.buffer, bytes.byteOffset + start + begin, end - begin);
    const data = readValues(stored, entry.dtype, where);
    if (data.length !== sizeOf(entry.shape)) {
      throw new WeightsError(
        `${where}: must have ${sizeOf(entry.shape)} elements for shape ` +
          `[${entry.shape.join(", ")}]; got ${data.length}. Save the file again.`,
      );
    }
    tensors.set(name, { shape: entry.shape, data });
  }
  return { tensors, metadata };
}

/** The floating-point tensors of a file as weights; integers, such as counters, are left out. */
export function safetensorsWeights(bytes: Uint8Array, file: string): Weights {
  const weights = new Map<string, NamedTensor>();
  for (const [name, { shape, data }] of decodeSafetensors(bytes, file).tensors) {
    if (data instanceof Float32Array) weights.set(name, { shape, data });
    if (data instanceof Float64Array) weights.set(name, { shape, data: Float32Array.from(data) });
  }
  return weights;
}

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

type Entry = z.infer<typeof entrySchema>;

const headerSchema = z
  .looseObject({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(entrySchema);

function readHeader(
  bytes: Uint8Array,
  file: string,
): { entries: [string, Entry][]; metadata: Record<string, string>; start: number } {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = 8 + Number(view.getBigUint64(0, true));
    if (start > bytes.length) {
      throw new RangeError(`a header of ${start} bytes in a file of ${bytes.length}`);
    }
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
    const { __metadata__: metadata = {}, ...entries } = headerSchema.parse(json);
    return { entries: Object.entries(entries) as [string, Entry][], metadata, start };
  } catch (error) {
    const known = error instanceof z.ZodError ? new Error("its header is not one") : error;
    throw damagedFile(file, "safetensors", known);
  }
}

const floatTypes: ReadonlyMap<string, FloatType> = new Map([
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["F32", "float32"],
]);

const wideTypes = new Map<
  string,
  Float64ArrayConstructor | BigInt64ArrayConstructor | Int32ArrayConstructor
>([
  ["F64", Float64Array],
  ["I64", BigInt64Array],
  ["I32", Int32Array],
]);

function readValues(bytes: Uint8Array, dtype: string, where: string): SafeTensor["data"] {
  const type = floatTypes.get(dtype);
  if (type !== undefined) return toFloat32(bytes, type, where);
  if (dtype === "U8" || dtype === "BOOL") return bytes;
  const array = wideTypes.get(dtype);
  if (array === undefined) {
    throw new WeightsError(
      `${where}: type must be F64, F32, F16, BF16, I64, I32, U8 or BOOL; got ${dtype}. ` +
        "Convert the tensor, or leave it out.",
    );
  }
  const own = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new array(
    own.buffer as ArrayBuffer,
    own.byteOffset,
    Math.floor(own.byteLength / array.BYTES_PER_ELEMENT),
  );
}

/** The header and each tensor's bytes, shared with the tensor. */
function fileParts(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  // The widest elements first, so that every tensor is aligned.
  const sorted = [...tensors].sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  for (const [name, { shape, data }] of sorted) {
    if (name === "__metadata__" || data.length !== sizeOf(shape)) {
      throw new WeightsError(
        `encodeSafetensors: tensor "${name}" must have ${sizeOf(shape)} elements for shape ` +
          `[${shape.join(", ")}] and a name other than __metadata__; got ${data.length}.`,
      );
    }
    header[name] = {
      dtype: dtypeOf(data),
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  padded.set(json, 8);
  return [padded, ...parts];
}

function dtypeOf(data: SafeTensor["data"]): string {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  if (data instanceof BigInt64Array) return "I64";
  return data instanceof Int32Array ? "I32" : "U8";
}
