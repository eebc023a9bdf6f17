/**
 * Label Studio's run-length encoding of brush strokes: a stream of bits, high ones first, as bytes.
 *
 *   number of values (32 bits), bits of a value − 1 (5), four sizes − 1 (4 each), then chunks:
 *   is it a run (1), which size (2), length − 1 (as many bits as that size), and one value if it is
 *   a run, otherwise as many values as its length
 *
 * The values are red, green, blue and alpha of the picture's pixels, row by row; the stroke is where
 * alpha is not 0. (`rle-pack` of thi.ng/umbrella; `brush.py` of label-studio-sdk.)
 */
import { mostPixels } from "./cocoRle.ts";

/**
 * All values, 4 of each pixel; the stroke is where every fourth, from the fourth on, is not 0.
 *
 * @throws {RangeError} When the bytes are none, end too early, or promise too many values.
 */
export function decodeBrushRle(rle: ArrayLike<number>): Uint8Array {
  const input = new BitReader(rle);
  const count = input.read(32);
  if (count > channels * mostPixels) {
    throw new RangeError(
      `brush RLE: it must hold at most ${channels * mostPixels} values; got ${count}.`,
    );
  }
  const bitsOfValue = input.read(5) + 1;
  if (bitsOfValue > valueBits) {
    throw new RangeError(
      `brush RLE: its values must have at most ${valueBits} bits; got ${bitsOfValue}.`,
    );
  }
  const sizes = [0, 0, 0, 0].map(() => input.read(4) + 1);
  const values = new Uint8Array(count);
  for (let start = 0; start < count; ) {
    const isRun = input.read(1) === 1;
    const end = Math.min(count, start + 1 + input.read(sizes[input.read(2)]));
    if (isRun) values.fill(input.read(bitsOfValue), start, end);
    else for (let i = start; i < end; i++) values[i] = input.read(bitsOfValue);
    start = end;
  }
  return values;
}

/** A bitmap of 0 and 1 as bytes, all four values of a pixel 255 where it is 1 (`mask2rle`). */
export function encodeBrushRle(bits: Uint8Array): number[] {
  const output = new BitWriter();
  output.write(channels * bits.length, 32);
  output.write(valueBits - 1, 5);
  for (const size of runSizes) output.write(size - 1, 4);
  for (let start = 0; start < bits.length; ) {
    let end = start + 1;
    while (end < bits.length && bits[end] === bits[start]) end++;
    writeRun(output, channels * (end - start), bits[start] === 0 ? 0 : 255);
    start = end;
  }
  return output.end();
}

const channels = 4;

/** What Label Studio's own encoders write. */
const valueBits = 8;
const runSizes: readonly number[] = [3, 4, 8, 16];

function writeRun(output: BitWriter, length: number, value: number): void {
  for (let left = length; left > 0; ) {
    const found = runSizes.findIndex((size) => left <= 2 ** size);
    const size = found < 0 ? runSizes.length - 1 : found;
    const part = Math.min(left, 2 ** runSizes[size]);
    output.write(1, 1);
    output.write(size, 2);
    output.write(part - 1, runSizes[size]);
    output.write(value, valueBits);
    left -= part;
  }
}

class BitReader {
  readonly #bytes: ArrayLike<number>;
  #at = 0;

  constructor(bytes: ArrayLike<number>) {
    this.#bytes = bytes;
  }

  /** The next `count` bits, at most 32, as a number. */
  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      const inByte = this.#at & 7;
      const taken = Math.min(left, 8 - inByte);
      const byte = this.#byte(this.#at >>> 3);
      value = value * 2 ** taken + ((byte >> (8 - inByte - taken)) & (2 ** taken - 1));
      this.#at += taken;
      left -= taken;
    }
    return value;
  }

  #byte(index: number): number {
    const byte = this.#bytes[index];
    if (Number.isInteger(byte) && byte >= 0 && byte <= 255) return byte;
    throw new RangeError(
      index < this.#bytes.length
        ? `brush RLE: it must consist of whole numbers from 0 to 255; got ${byte} as number ${index + 1}.`
        : `brush RLE: it must go on to its last value; it ends after ${this.#bytes.length} bytes.`,
    );
  }
}

class BitWriter {
  readonly #bytes: number[] = [];
  #byte = 0;
  #filled = 0;

  write(value: number, count: number): void {
    for (let left = count; left > 0; ) {
      const taken = Math.min(left, 8 - this.#filled);
      const part = Math.floor(value / 2 ** (left - taken)) % 2 ** taken;
      this.#byte = (this.#byte << taken) | part;
      this.#filled += taken;
      left -= taken;
      if (this.#filled < 8) continue;
      this.#bytes.push(this.#byte);
      [this.#byte, this.#filled] = [0, 0];
    }
  }

  /** Fills the last byte with zeros; a whole byte of them follows whole bytes, as in brush.py. */
  end(): number[] {
    return [...this.#bytes, this.#byte << (8 - this.#filled)];
  }
}
