import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBrushRle, encodeBrushRle } from "../../src/data/regions/brushRle.ts";
import { decodeCocoRle, encodeCocoRle } from "../../src/data/regions/cocoRle.ts";
import { fillPolygonsInto } from "../../src/data/regions/fillPolygon.ts";
import { joinRings } from "../../src/data/regions/joinRings.ts";
import { traceRegions } from "../../src/data/regions/traceRegions.ts";
import { settings } from "./settings.ts";

const runs = { ...settings, numRuns: 500 };

/** Bitmaps of every density: islands of a pixel, diagonals, holes, holes in holes. */
const bitmap = fc
  .tuple(
    fc.integer({ min: 1, max: 16 }),
    fc.integer({ min: 1, max: 16 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .chain(([width, height, share]) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((draws) => ({
        width,
        height,
        bits: Uint8Array.from(draws, (draw) => (draw < share ? 1 : 0)),
      })),
  );

describe("a bitmap", () => {
  test("comes back from its outlines, filled without their holes by COCO's rule", () => {
    fc.assert(
      fc.property(bitmap, ({ bits, width, height }) => {
        const back = new Uint8Array(bits.length);
        for (const { outer, holes } of traceRegions(bits, width, height)) {
          const inside = filled([outer], width, height);
          const outside = filled(holes, width, height);
          for (let i = 0; i < back.length; i++) back[i] |= inside[i] & ~outside[i];
        }
        expect(back).toEqual(bits);
      }),
      runs,
    );
  });

  test("comes back from one ring that joins all its outlines and holes", () => {
    fc.assert(
      fc.property(bitmap, ({ bits, width, height }) => {
        const rings = traceRegions(bits, width, height).flatMap(({ outer, holes }) => [
          outer,
          ...holes,
        ]);
        expect(filled([joinRings(rings)], width, height)).toEqual(bits);
      }),
      runs,
    );
  });

  test("comes back from COCO's packed runs and from Label Studio's brush", () => {
    fc.assert(
      fc.property(bitmap, ({ bits, width, height }) => {
        expect(decodeCocoRle(encodeCocoRle(bits, width, height))).toEqual(bits);
        const values = decodeBrushRle(encodeBrushRle(bits));
        expect(bits.map((_, i) => values[4 * i + 3] / 255)).toEqual(bits);
      }),
      runs,
    );
  });

  test("has outlines without points on a straight line", () => {
    fc.assert(
      fc.property(bitmap, ({ bits, width, height }) => {
        for (const { outer, holes } of traceRegions(bits, width, height)) {
          for (const ring of [outer, ...holes]) {
            for (let i = 0; i < ring.length; i += 2) {
              const at = (step: number): number => ring[(i + step) % ring.length];
              expect(at(0) === at(2) && at(2) === at(4)).toBe(false);
              expect(at(1) === at(3) && at(3) === at(5)).toBe(false);
            }
          }
        }
      }),
      runs,
    );
  });
});

function filled(rings: readonly (readonly number[])[], width: number, height: number): Uint8Array {
  const bits = new Uint8Array(width * height);
  fillPolygonsInto(bits, rings, width, height);
  return bits;
}
