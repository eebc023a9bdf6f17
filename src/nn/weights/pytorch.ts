/** Reads weights that PyTorch saved: a zip file with a pickle of tensors and their storages. */

import { stat } from "node:fs/promises";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { sizeOf, stridesOf } from "../../shape.ts";
import { type FloatType, toFloat32 } from "./floats.ts";
import {
  PickleError,
  PickleGlobal,
  type PickleHost,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import { damagedFile, type NamedTensor, type Weights, WeightsError } from "./types.ts";

/**
 * The floating-point tensors of a state dict, or of one under "state_dict" or "model".
 * The pickle is read by a machine that knows tensors and containers only; nothing of it runs.
 *
 * @throws {WeightsError} When the file is truncated, or asks for anything but tensors.
 */
export async function pytorchWeights(file: string): Promise<Weights> {
  try {
    const { size } = await stat(file);
    const archive = await openPromise(file, { lazyEntries: true, autoClose: false });
    try {
      return await readArchive(archive, size, file);
    } finally {
      archive.close();
    }
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    if (error instanceof PickleError) {
      throw new WeightsError(
        `${file}: must hold tensors only; ${error.message}. Nothing of it was run. Save only the ` +
          "tensors: torch.save(model.state_dict(), file).",
        { cause: error },
      );
    }
    throw damagedFile(file, "PyTorch", error);
  }
}

/** Storage classes by the type of their elements; undefined for integers, which are left out. */
const storageTypes: ReadonlyMap<string, FloatType | undefined> = new Map([
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
  ["torch.FloatStorage", "float32"],
  ["torch.DoubleStorage", "float64"],
  ...["Long", "Int", "Short", "Char", "Byte", "Bool"].map(
    (name) => [`torch.${name}Storage`, undefined] as const,
  ),
]);

class Storage {
  readonly key: string;
  readonly type: FloatType | undefined;

  constructor(key: string, type: FloatType | undefined) {
    this.key = key;
    this.type = type;
  }
}

class StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const calls: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  "collections.OrderedDict": ([pairs]) =>
    new Map(Array.isArray(pairs) ? (pairs as [PickleValue, PickleValue][]) : []),
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_parameter": ([tensor]) => tensor,
  "torch.Size": ([sizes]) => sizes,
};

const host: PickleHost = {
  allows: (name) => Object.hasOwn(calls, name) || storageTypes.has(name),
  call(name, args) {
    if (!Object.hasOwn(calls, name)) throw new PickleError(`it calls "${name}"`);
    return calls[name](args);
  },
  load(id) {
    const [tag, type, key] = Array.isArray(id) ? id : [];
    if (
      tag !== "storage" ||
      !(type instanceof PickleGlobal) ||
      !storageTypes.has(type.name) ||
      typeof key !== "string"
    ) {
      throw new PickleError("it refers to something outside it that is not a tensor's storage");
    }
    return new Storage(key, storageTypes.get(type.name));
  },
};

function rebuildTensor([storage, offset, shape, strides]: readonly PickleValue[]): PickleValue {
  if (
    !(storage instanceof Storage) ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  ) {
    throw new PickleError("it describes a tensor in a way that PyTorch does not");
  }
  return new StoredTensor(storage, offset, shape, strides);
}

function isCount(value: PickleValue): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isCounts(value: PickleValue): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

async function readArchive(archive: ZipFile, size: number, file: string): Promise<Weights> {
  const entries = new Map<string, Entry>();
  for await (const entry of archive.eachEntry()) {
    // The first folder is named after the file as it was when saved.
    entries.set(entry.fileName.slice(entry.fileName.indexOf("/") + 1), entry);
  }
  const read = (name: string): Promise<Uint8Array> =>
    readEntry(archive, entries.get(name), name, size, file);
  const tensors = namedTensors(readPickle(await read("data.pkl"), host));
  if (tensors.size === 0) {
    throw new WeightsError(
      `${file}: must hold a state dict; got a file without named tensors. Save one: ` +
        "torch.save(model.state_dict(), file).",
    );
  }
  const order = entries.has("byteorder") ? String(Buffer.from(await read("byteorder"))) : "little";
  if (order !== "little") {
    throw new WeightsError(
      `${file}: byte order must be little; got ${order}. Save it on a little-endian machine.`,
    );
  }
  const storages = new Map<string, Float32Array>();
  const weights = new Map<string, NamedTensor>();
  for (const [name, tensor] of tensors) {
    const { key, type } = tensor.storage;
    if (type === undefined) continue;
    const where = `${file}: tensor "${name}"`;
    const stored =
      storages.get(`${type} ${key}`) ?? toFloat32(await read(`data/${key}`), type, where);
    storages.set(`${type} ${key}`, stored);
    weights.set(name, { shape: tensor.shape, data: gather(tensor, stored, where) });
  }
  return weights;
}

/** The tensors of a dict by name; "module.", which DataParallel adds, is taken off. */
function namedTensors(value: PickleValue): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  if (!(value instanceof Map)) return tensors;
  const nested = value.get("state_dict") ?? value.get("model");
  if (nested instanceof Map) return namedTensors(nested);
  for (const [name, tensor] of value) {
    if (typeof name === "string" && tensor instanceof StoredTensor) {
      tensors.set(name.replace(/^module\./, ""), tensor);
    }
  }
  return tensors;
}

async function readEntry(
  archive: ZipFile,
  entry: Entry | undefined,
  name: string,
  size: number,
  file: string,
): Promise<Uint8Array> {
  if (entry === undefined) {
    throw new WeightsError(
      `${file}: must hold "${name}", as torch.save writes it; got a zip file without. ` +
        "Save the weights again: torch.save(model.state_dict(), file).",
    );
  }
  // PyTorch never compresses, so that no entry is larger than the file.
  if (entry.compressionMethod !== 0 || entry.uncompressedSize > size) {
    throw new WeightsError(
      `${file}: "${name}" must be stored as it is; got a compressed entry. ` +
        "Save the weights again: torch.save(model.state_dict(), file).",
    );
  }
  const bytes = new Uint8Array(entry.uncompressedSize);
  let offset = 0;
  for await (const chunk of await archive.openReadStreamPromise(entry)) {
    bytes.set(chunk as Uint8Array, offset);
    offset += (chunk as Uint8Array).length;
  }
  return bytes;
}

/** The tensor's elements, row-major; a view of the storage where they lie so already. */
function gather(tensor: StoredTensor, stored: Float32Array, where: string): Float32Array {
  const { offset, shape, strides } = tensor;
  const size = sizeOf(shape);
  const last = shape.reduce((sum, dim, axis) => sum + (dim - 1) * strides[axis], offset);
  if (size > 0 && (last >= stored.length || size > stored.length)) {
    throw new WeightsError(
      `${where}: must lie in its storage of ${stored.length} elements; got shape ` +
        `[${shape.join(", ")}] with strides [${strides.join(", ")}] at ${offset}. The file may be ` +
        "damaged, or the tensor expanded: save tensor.contiguous().",
    );
  }
  const dense = stridesOf(shape);
  if (shape.every((dim, axis) => dim === 1 || strides[axis] === dense[axis])) {
    return stored.subarray(offset, offset + size);
  }
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    let from = offset;
    for (let axis = 0; axis < shape.length; axis++) {
      from += (Math.floor(i / dense[axis]) % shape[axis]) * strides[axis];
    }
    values[i] = stored[from];
  }
  return values;
}
