import { describe, expect, test } from "vitest";
import { cocoRuns, decodeCocoRle, encodeCocoRle } from "./cocoRle.ts";

describe("decodeCocoRle", () => {
  test("takes runs down the columns, 0 first", () => {
    const bits = decodeCocoRle({ size: [2, 3], counts: [1, 2, 2, 1] });
    expect([...bits]).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("rejects runs that are none, or do not fill the bitmap", () => {
    expect(() => decodeCocoRle({ size: [2, 3], counts: [1, 2] })).toThrow(
      new RangeError("COCO RLE: counts must add up to the 6 pixels of the size 2 x 3; got 3."),
    );
    expect(() => decodeCocoRle({ size: [2, 3], counts: [7, -1] })).toThrow(
      new RangeError("COCO RLE: counts must be whole numbers of at least 0; got -1 as number 2."),
    );
    expect(() => decodeCocoRle({ size: [2, 3], counts: [1.5, 4.5] })).toThrow(
      new RangeError("COCO RLE: counts must be whole numbers of at least 0; got 1.5 as number 1."),
    );
  });

  test("rejects a size that is none, or that would fill the memory", () => {
    for (const size of [[0, 5] as const, [2.5, 2] as const, [1e5, 1e5] as const]) {
      expect(() => decodeCocoRle({ size, counts: [] })).toThrow(
        new RangeError(
          `COCO RLE: size must be a height and a width of at least 1 with at most 268402689 pixels; got [${size[0]}, ${size[1]}].`,
        ),
      );
    }
  });

  test("rejects a text that is none of COCO's, is cut short, or holds a number without end", () => {
    const wrong = (at: number, length: number): RangeError =>
      new RangeError(
        `COCO RLE: counts must be pycocotools' packed text; character ${at} of ${length} is wrong or lacking.`,
      );
    expect(() => decodeCocoRle({ size: [2, 3], counts: "1 5" })).toThrow(wrong(2, 3));
    expect(() => decodeCocoRle({ size: [2, 3], counts: "1é" })).toThrow(wrong(2, 2));
    expect(() => decodeCocoRle({ size: [2, 3], counts: "1P" })).toThrow(wrong(3, 2));
    expect(() => decodeCocoRle({ size: [2, 3], counts: "P".repeat(400) })).toThrow(wrong(8, 400));
  });
});

describe("encodeCocoRle", () => {
  test("begins with an empty run where the first pixel is set", () => {
    expect(cocoRuns(Uint8Array.of(1, 1, 0, 0), 2, 2)).toEqual([0, 1, 1, 1, 1]);
    expect(encodeCocoRle(Uint8Array.of(1), 1, 1)).toEqual({ size: [1, 1], counts: "01" });
  });

  test("rejects a bitmap of another size", () => {
    expect(() => encodeCocoRle(new Uint8Array(5), 3, 2)).toThrow(
      new RangeError("COCO RLE: bits must hold width x height values; got 5 for 3x2."),
    );
  });
});
