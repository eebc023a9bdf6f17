import { describe, expect, test } from "vitest";
import { decodeBrushRle, encodeBrushRle } from "./brushRle.ts";

describe("decodeBrushRle", () => {
  test("reads runs that are longer than the largest size", () => {
    const bits = new Uint8Array(100_000).fill(1, 10, 99_990);
    const values = decodeBrushRle(encodeBrushRle(bits));
    expect(bits.every((bit, i) => values[4 * i + 3] === 255 * bit)).toBe(true);
  });

  test("rejects bytes that are none, and a stream that ends early", () => {
    const rle = encodeBrushRle(Uint8Array.of(0, 1, 0, 0));
    expect(() => decodeBrushRle(rle.slice(0, 9))).toThrow(
      new RangeError("brush RLE: it must go on to its last value; it ends after 9 bytes."),
    );
    expect(() => decodeBrushRle([])).toThrow(
      new RangeError("brush RLE: it must go on to its last value; it ends after 0 bytes."),
    );
    expect(() => decodeBrushRle([0, 0, 256])).toThrow(
      new RangeError(
        "brush RLE: it must consist of whole numbers from 0 to 255; got 256 as number 3.",
      ),
    );
  });

  test("rejects a number of values that would fill the memory, and values of more than a byte", () => {
    expect(() => decodeBrushRle([255, 255, 255, 255, 57, 27, 254])).toThrow(
      new RangeError("brush RLE: it must hold at most 1073610756 values; got 4294967295."),
    );
    expect(() => decodeBrushRle([0, 0, 0, 4, 0b11111000])).toThrow(
      new RangeError("brush RLE: its values must have at most 8 bits; got 32."),
    );
  });
});
