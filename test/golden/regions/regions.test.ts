/** Our codecs against COCO's C code and Label Studio's Python code: see make.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeBrushRle, encodeBrushRle } from "../../../src/data/regions/brushRle.ts";
import { cocoRuns, decodeCocoRle, encodeCocoRle } from "../../../src/data/regions/cocoRle.ts";
import { fillPolygonsInto } from "../../../src/data/regions/fillPolygon.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Golden {
  readonly polygons: readonly (Size & { readonly ring: number[]; readonly counts: string })[];
  readonly bitmaps: readonly (Size & {
    readonly bits: string;
    readonly runs: number[];
    readonly counts: string;
  })[];
  readonly strokes: readonly (Size & { readonly ones: number[]; readonly rle: number[] })[];
  readonly colors: { readonly values: number[]; readonly rle: number[] };
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("golden.json", import.meta.url), "utf8"),
) as Golden;

describe("COCO", () => {
  test("a polygon fills the pixels that rleFrPoly fills", () => {
    expect(golden.polygons).toHaveLength(320);
    for (const { width, height, ring, counts } of golden.polygons) {
      const bits = new Uint8Array(width * height);
      fillPolygonsInto(bits, [ring], width, height);
      expect(encodeCocoRle(bits, width, height), JSON.stringify(ring)).toEqual({
        size: [height, width],
        counts,
      });
    }
  });

  test("a bitmap has the runs and the packed text of rleEncode and rleToString, and comes back", () => {
    for (const { width, height, bits: text, runs, counts } of golden.bitmaps) {
      const bits = Uint8Array.from(text, Number);
      expect(cocoRuns(bits, width, height)).toEqual(runs);
      expect(encodeCocoRle(bits, width, height).counts).toBe(counts);
      expect(decodeCocoRle({ size: [height, width], counts })).toEqual(bits);
      expect(decodeCocoRle({ size: [height, width], counts: runs })).toEqual(bits);
    }
  });
});

describe("Label Studio", () => {
  test("a stroke has the bytes of mask2rle, and comes back", () => {
    for (const { width, height, ones, rle } of golden.strokes) {
      const bits = new Uint8Array(width * height);
      for (const at of ones) bits[at] = 1;
      expect(encodeBrushRle(bits)).toEqual(rle);
      const values = Uint8Array.from({ length: 4 * bits.length }, (_, i) => 255 * bits[i >> 2]);
      expect(decodeBrushRle(rle)).toEqual(values);
    }
  });

  test("values that differ from their neighbours are read one by one", () => {
    const { values, rle } = golden.colors;
    expect(decodeBrushRle(rle)).toEqual(Uint8Array.from(values));
  });
});
