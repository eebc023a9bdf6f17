/**
 * Reads Python pickles without running them.
 *
 * A pickle is a program for a stack machine that may import and call anything. This machine knows
 * plain containers and numbers; imports and calls go to a `PickleHost`, which names what it allows.
 */

export interface PickleHost {
  /** Whether the pickle may mention this global, such as "collections.OrderedDict". */
  allows(name: string): boolean;
  /** What a call of an allowed global gives. */
  call(name: string, args: readonly PickleValue[]): PickleValue;
  /** What an object that is stored outside the pickle stands for. */
  load(id: PickleValue): PickleValue;
  /** Gives an object that was called into being its state; states are dropped by default. */
  build?(object: PickleValue, state: PickleValue): void;
  /** What Python 2's strings are, which hold text or bytes; text by default. */
  readonly python2Strings?: "text" | "bytes";
}

/** A value of a pickle. Hosts add their own objects; integers beyond 2^53 are rounded. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | object;

/** A class or function that the pickle mentions. */
export class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A pickle that asks for something that is not allowed or not known. */
export class PickleError extends Error {
  override name = "PickleError";
}

/**
 * The value that the pickle describes.
 *
 * @throws {PickleError} When it mentions a global that the host does not allow.
 * @throws {RangeError} When it is truncated.
 */
export function readPickle(bytes: Uint8Array, host: PickleHost): PickleValue {
  const machine: Machine = { input: new Input(bytes), stack: [], marks: [], memo: new Map(), host };
  for (;;) {
    const code = machine.input.byte();
    if (code === stop) return pop(machine);
    const step = steps.get(code);
    if (step === undefined) {
      throw new PickleError(`pickle instruction 0x${code.toString(16)} is not one of tensors`);
    }
    step(machine);
  }
}

interface Machine {
  readonly input: Input;
  readonly stack: PickleValue[];
  /** Heights of the stack at the open marks. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  readonly host: PickleHost;
}

type Step = (machine: Machine) => void;

const stop = 0x2e;

/** What each instruction does, by its code; names are those of Python's pickletools. */
const steps: ReadonlyMap<number, Step> = new Map<number, Step>([
  [0x80, (m) => m.input.skip(1)], // PROTO
  [0x95, (m) => m.input.skip(8)], // FRAME
  [0x28, (m) => m.marks.push(m.stack.length)], // MARK
  [0x30, (m) => pop(m)], // POP
  [0x31, (m) => popMark(m)], // POP_MARK
  [0x32, (m) => m.stack.push(top(m))], // DUP
  [0x4e, (m) => m.stack.push(null)], // NONE
  [0x88, (m) => m.stack.push(true)], // NEWTRUE
  [0x89, (m) => m.stack.push(false)], // NEWFALSE
  [0x4a, (m) => m.stack.push(m.input.uint(4) | 0)], // BININT
  [0x4b, (m) => m.stack.push(m.input.uint(1))], // BININT1
  [0x4d, (m) => m.stack.push(m.input.uint(2))], // BININT2
  [0x8a, (m) => m.stack.push(m.input.long(m.input.uint(1)))], // LONG1
  [0x8b, (m) => m.stack.push(m.input.long(m.input.uint(4)))], // LONG4
  [0x47, (m) => m.stack.push(m.input.double())], // BINFLOAT
  [0x58, (m) => m.stack.push(m.input.text(m.input.uint(4)))], // BINUNICODE
  [0x8c, (m) => m.stack.push(m.input.text(m.input.uint(1)))], // SHORT_BINUNICODE
  [0x8d, (m) => m.stack.push(m.input.text(m.input.uint(8)))], // BINUNICODE8
  [0x54, (m) => m.stack.push(python2String(m, m.input.uint(4)))], // BINSTRING
  [0x55, (m) => m.stack.push(python2String(m, m.input.uint(1)))], // SHORT_BINSTRING
  [0x42, (m) => m.stack.push(m.input.take(m.input.uint(4)))], // BINBYTES
  [0x43, (m) => m.stack.push(m.input.take(m.input.uint(1)))], // SHORT_BINBYTES
  [0x5d, (m) => m.stack.push([])], // EMPTY_LIST
  [0x6c, (m) => m.stack.push(popMark(m))], // LIST
  [0x61, (m) => append(m, [pop(m)])], // APPEND
  [0x65, (m) => append(m, popMark(m))], // APPENDS
  [0x29, (m) => m.stack.push([])], // EMPTY_TUPLE
  [0x74, (m) => m.stack.push(popMark(m))], // TUPLE
  [0x85, (m) => m.stack.push(popCount(m, 1))], // TUPLE1
  [0x86, (m) => m.stack.push(popCount(m, 2))], // TUPLE2
  [0x87, (m) => m.stack.push(popCount(m, 3))], // TUPLE3
  [0x7d, (m) => m.stack.push(new Map())], // EMPTY_DICT
  [0x64, (m) => m.stack.push(setItems(new Map(), popMark(m)))], // DICT
  [0x73, (m) => setTop(m, popCount(m, 2))], // SETITEM
  [0x75, (m) => setTop(m, popMark(m))], // SETITEMS
  [0x63, (m) => pushGlobal(m, m.input.line(), m.input.line())], // GLOBAL
  [0x93, (m) => pushGlobal(m, ...popNames(m))], // STACK_GLOBAL
  [0x52, (m) => call(m)], // REDUCE
  [0x81, (m) => call(m)], // NEWOBJ
  [0x62, (m) => build(m)], // BUILD
  [0x71, (m) => memoize(m, m.input.uint(1))], // BINPUT
  [0x72, (m) => memoize(m, m.input.uint(4))], // LONG_BINPUT
  [0x94, (m) => memoize(m, m.memo.size)], // MEMOIZE
  [0x68, (m) => recall(m, m.input.uint(1))], // BINGET
  [0x6a, (m) => recall(m, m.input.uint(4))], // LONG_BINGET
  [0x51, (m) => m.stack.push(m.host.load(pop(m)))], // BINPERSID
]);

function pushGlobal(machine: Machine, module: string, name: string): void {
  const full = `${module}.${name}`;
  if (!machine.host.allows(full)) {
    throw new PickleError(`it asks for "${full}", which is neither a tensor nor a container`);
  }
  machine.stack.push(new PickleGlobal(full));
}

function popNames(machine: Machine): [string, string] {
  const [module, name] = popCount(machine, 2);
  if (typeof module !== "string" || typeof name !== "string") {
    throw new PickleError("it asks for a global without a name");
  }
  return [module, name];
}

function call(machine: Machine): void {
  const [global, args] = popCount(machine, 2);
  if (!(global instanceof PickleGlobal) || !Array.isArray(args)) {
    throw new PickleError("it calls something that is not a global");
  }
  machine.stack.push(machine.host.call(global.name, args));
}

function build(machine: Machine): void {
  const state = pop(machine);
  machine.host.build?.(top(machine), state);
}

function python2String({ input, host }: Machine, length: number): string | Uint8Array {
  return host.python2Strings === "bytes" ? input.take(length) : input.text(length);
}

function append(machine: Machine, values: readonly PickleValue[]): void {
  const list = top(machine);
  if (!Array.isArray(list)) throw new PickleError("it appends to something that is not a list");
  for (const value of values) list.push(value);
}

function setTop(machine: Machine, pairs: readonly PickleValue[]): void {
  const map = top(machine);
  if (!(map instanceof Map)) throw new PickleError("it sets items of something that is not a dict");
  setItems(map, pairs);
}

function setItems(
  map: Map<PickleValue, PickleValue>,
  pairs: readonly PickleValue[],
): Map<PickleValue, PickleValue> {
  for (let i = 0; i + 1 < pairs.length; i += 2) map.set(pairs[i], pairs[i + 1]);
  return map;
}

function memoize(machine: Machine, index: number): void {
  machine.memo.set(index, top(machine));
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index);
  if (value === undefined) throw new PickleError(`it recalls value ${index} too early`);
  machine.stack.push(value);
}

function top(machine: Machine): PickleValue {
  const value = machine.stack.at(-1);
  if (value === undefined) throw new PickleError("its stack is empty too early");
  return value;
}

function pop(machine: Machine): PickleValue {
  return popCount(machine, 1)[0];
}

function popCount(machine: Machine, count: number): PickleValue[] {
  if (machine.stack.length < count) throw new PickleError("its stack is empty too early");
  return machine.stack.splice(machine.stack.length - count);
}

function popMark(machine: Machine): PickleValue[] {
  const height = machine.marks.pop();
  if (height === undefined) throw new PickleError("it closes a mark that it did not open");
  return machine.stack.splice(height);
}

/** The pickle's bytes, read from the front. */
class Input {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.take(1)[0];
  }

  skip(count: number): void {
    this.take(count);
  }

  take(count: number): Uint8Array {
    const end = this.#position + count;
    if (end > this.#bytes.length) throw new RangeError("its pickle ends early");
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }

  /** A little-endian unsigned integer. */
  uint(width: number): number {
    return this.take(width).reduceRight((value, byte) => value * 256 + byte, 0);
  }

  /** A little-endian integer in two's complement. */
  long(width: number): number {
    if (width === 0) return 0;
    const digits = Buffer.from(this.take(width)).reverse().toString("hex");
    return Number(BigInt.asIntN(8 * width, BigInt(`0x${digits}`)));
  }

  double(): number {
    return Buffer.from(this.take(8)).readDoubleBE();
  }

  text(width: number): string {
    return new TextDecoder().decode(this.take(width));
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw new RangeError("its pickle ends early");
    const line = this.text(end - this.#position);
    this.skip(1);
    return line;
  }
}
