/** Pickled dicts of NumPy integer arrays, read without running anything. */

import {
  PickleError,
  PickleGlobal,
  type PickleHost,
  type PickleValue,
  readPickle,
} from "../../nn/weights/pickle.ts";

/** A NumPy array of whole numbers, row-major. */
export interface IntegerArray {
  readonly shape: readonly number[];
  readonly values: Int32Array;
}

/**
 * The integer arrays of a pickled dict by key, as Python 2 or 3 writes it up to protocol 4.
 *
 * @throws {PickleError} When the pickle asks for anything but arrays, or an array is malformed.
 * @throws {RangeError} When it is truncated.
 */
export function readIntegerArrays(bytes: Uint8Array): Map<string, IntegerArray> {
  const value = readPickle(bytes, host);
  if (!(value instanceof Map)) throw new PickleError("it is no dict");
  const arrays = new Map<string, IntegerArray>();
  for (const [key, array] of value) {
    if (!(array instanceof PickledArray) || array.content === undefined) {
      throw new PickleError(`its value of ${JSON.stringify(textOf(key))} is no array`);
    }
    arrays.set(textOf(key), array.content);
  }
  return arrays;
}

/** An array; its content comes after it. */
class PickledArray {
  content: IntegerArray | undefined;
}

/** The type of an array's elements: bytes of each, signed or not, and their order. */
class ElementType {
  readonly code: string;
  isLittleEndian = true;

  constructor(code: string) {
    this.code = code;
  }
}

const newArray = (): PickledArray => new PickledArray();

/** All that is called; "numpy._core" is the name since NumPy 2. */
const calls: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  "numpy.core.multiarray._reconstruct": newArray,
  "numpy._core.multiarray._reconstruct": newArray,
  "numpy.dtype": ([code]) => new ElementType(textOf(code)),
  // How Python 3 writes bytes for Python 2; those of an empty array first.
  "__builtin__.bytes": (args) => {
    if (args.length > 0) throw new PickleError("it makes bytes of something");
    return new Uint8Array(0);
  },
  "_codecs.encode": ([text, encoding]) => {
    if (typeof text !== "string" || encoding !== "latin1") {
      throw new PickleError("it encodes something that is not latin1 text");
    }
    return new Uint8Array(Buffer.from(text, "latin1"));
  },
};

const host: PickleHost = {
  python2Strings: "bytes",
  allows: (name) => Object.hasOwn(calls, name) || name === "numpy.ndarray",
  call(name, args) {
    if (!Object.hasOwn(calls, name)) throw new PickleError(`it calls "${name}"`);
    return calls[name](args);
  },
  load() {
    throw new PickleError("it refers to something outside it");
  },
  build(object, state) {
    if (!Array.isArray(state)) throw new PickleError("it gives an array a state of another kind");
    if (object instanceof ElementType) object.isLittleEndian = textOf(state[1]) !== ">";
    else if (object instanceof PickledArray) object.content = contentOf(state);
    else throw new PickleError("it gives a state to something that is not an array");
  },
};

/** From NumPy's state: version, shape, element type, whether column-major, bytes. */
function contentOf([, shape, type, isColumnMajor, bytes]: readonly PickleValue[]): IntegerArray {
  if (!(type instanceof ElementType) || !(bytes instanceof Uint8Array) || !isShape(shape)) {
    throw new PickleError("it describes an array in a way that NumPy does not");
  }
  const [, sign, digits] = /^([iu])([1248])$/.exec(type.code) ?? [];
  if (digits === undefined) throw new PickleError(`it holds an array of "${type.code}"`);
  const width = Number(digits);
  const count = shape.reduce((product, dim) => product * dim, 1);
  if (bytes.length !== count * width) {
    throw new PickleError(`it gives ${bytes.length} bytes to an array of ${count} elements`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = integerAt(view, i * width, width, sign === "i", type.isLittleEndian);
  }
  if (isColumnMajor !== true || shape.length < 2) return { shape, values };
  return { shape, values: rowMajor(shape, values) };
}

function integerAt(
  view: DataView,
  offset: number,
  width: number,
  isSigned: boolean,
  isLittleEndian: boolean,
): number {
  if (width === 1) return isSigned ? view.getInt8(offset) : view.getUint8(offset);
  if (width === 2) {
    return isSigned
      ? view.getInt16(offset, isLittleEndian)
      : view.getUint16(offset, isLittleEndian);
  }
  const low = view.getInt32(width === 8 && !isLittleEndian ? offset + 4 : offset, isLittleEndian);
  if (width === 4) {
    if (!isSigned && low < 0) throw new PickleError("it holds a number beyond 32 bits");
    return low;
  }
  const high = view.getInt32(isLittleEndian ? offset + 4 : offset, isLittleEndian);
  if (high !== (isSigned && low < 0 ? -1 : 0) || (!isSigned && low < 0)) {
    throw new PickleError("it holds a number beyond 32 bits");
  }
  return low;
}

function rowMajor(shape: readonly number[], values: Int32Array): Int32Array {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let [rest, from, stride] = [i, 0, 1];
    const strides = shape.map((dim) => {
      const own = stride;
      stride *= dim;
      return own;
    });
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    result[i] = values[from];
  }
  return result;
}

function isShape(value: PickleValue): value is number[] {
  return (
    Array.isArray(value) && value.every((dim) => Number.isSafeInteger(dim) && Number(dim) >= 0)
  );
}

/** Text, which Python 2 writes as bytes. */
function textOf(value: PickleValue): string {
  if (typeof value === "string") return value;
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof PickleGlobal) return value.name;
  throw new PickleError("it has a name that is not text");
}
