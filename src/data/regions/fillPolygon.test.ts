import { describe, expect, test } from "vitest";
import { fillPolygonsInto } from "./fillPolygon.ts";

describe("fillPolygonsInto", () => {
  test("fills exactly the pixels inside a ring along pixel edges", () => {
    expect(filled([[1, 0, 3, 0, 3, 2, 1, 2]], 4, 3)).toEqual(["0110", "0110", "0000"]);
    expect(filled([[0, 0, 4, 0, 4, 3, 0, 3]], 4, 3)).toEqual(["1111", "1111", "1111"]);
  });

  test("unites rings, and leaves pixels that are set", () => {
    const rings = [
      [0, 0, 2, 0, 2, 2, 0, 2],
      [1, 1, 3, 1, 3, 3, 1, 3],
    ];
    expect(filled(rings, 4, 3, [11])).toEqual(["1100", "1110", "0111"]);
  });

  test("leaves out what a ring encloses twice", () => {
    // Around the outside, over a cut to the hole, around it, and back.
    const ring = [0, 0, 4, 0, 4, 4, 0, 4, 0, 0, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1];
    expect(filled([ring], 4, 4)).toEqual(["1111", "1001", "1001", "1111"]);
  });

  test("cuts off what lies outside of the picture, however far", () => {
    expect(filled([[-1e9, -1e9, 2, -1e9, 2, 1e9, -1e9, 1e9]], 3, 2)).toEqual(["110", "110"]);
    expect(filled([[5, 5, 9, 5, 9, 9, 5, 9]], 3, 2)).toEqual(["000", "000"]);
  });

  test("fills nothing with less than three corners", () => {
    expect(filled([[], [1, 1], [0, 0, 3, 2]], 3, 2)).toEqual(["000", "000"]);
  });

  test("rejects half a corner, a number that is none, and a bitmap of another size", () => {
    expect(() => filled([[0, 0, 1]], 3, 2)).toThrow(
      new RangeError("fillPolygonsInto: a ring must hold pairs of x and y; got 3 numbers."),
    );
    expect(() => filled([[0, Number.NaN]], 3, 2)).toThrow(
      new RangeError("fillPolygonsInto: a ring's numbers must be finite; got NaN."),
    );
    expect(() => fillPolygonsInto(new Uint8Array(5), [], 3, 2)).toThrow(
      new RangeError("fillPolygonsInto: bits must hold width x height values; got 5 for 3x2."),
    );
  });
});

/** Rows of the bitmap as texts. */
function filled(
  rings: readonly (readonly number[])[],
  width: number,
  height: number,
  set: readonly number[] = [],
): string[] {
  const bits = new Uint8Array(width * height);
  for (const at of set) bits[at] = 1;
  fillPolygonsInto(bits, rings, width, height);
  return Array.from({ length: height }, (_, y) =>
    bits.subarray(y * width, (y + 1) * width).join(""),
  );
}
