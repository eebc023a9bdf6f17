import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { colormapTable } from "./colormap.ts";
import { maskPicture } from "./maskPicture.ts";
import { overlay, writeOverlay } from "./overlay.ts";

const grey = { width: 4, height: 2, pixels: new Uint8Array(24).fill(100) };

test("a colour map runs from dark to bright", () => {
  for (const name of ["inferno", "magma", "viridis"] as const) {
    const table = colormapTable(name);
    const luma = (i: number) =>
      0.299 * table[3 * i] + 0.587 * table[3 * i + 1] + 0.114 * table[3 * i + 2];
    for (let i = 8; i < 256; i += 8) expect(luma(i)).toBeGreaterThan(luma(i - 8));
  }
  expect([...colormapTable("viridis").subarray(0, 3)]).toEqual([0x44, 0x01, 0x54]);
  expect([...colormapTable("viridis").subarray(-3)]).toEqual([0xfd, 0xe7, 0x25]);
});

test("the picture is faded where the attention is 0 and coloured where it is 1", () => {
  const map = Float32Array.of(0, 1);
  const { pixels } = overlay(grey, { width: 2, height: 1, map });
  expect([...pixels.subarray(0, 3)]).toEqual([75, 75, 75]);
  // Inferno's brightest colour is fcffa4.
  expect([...pixels.subarray(9, 12)]).toEqual([0xfc, 0xff, 0xa4].map((c) => mix(75, c)));
  expect(grey.pixels.every((value) => value === 100)).toBe(true);
});

function mix(faded: number, color: number): number {
  return Math.round(0.2 * faded + 0.8 * color);
}

test("values outside of [0, 1] are clamped, NaN to 0", () => {
  const draw = (...map: number[]) =>
    overlay(grey, { width: 2, height: 1, map: Float32Array.from(map) }).pixels;
  expect(draw(-3, -3)).toEqual(draw(0, 0));
  expect(draw(9, 9)).toEqual(draw(1, 1));
  expect([...draw(Number.NaN, Number.NaN)]).toEqual(new Array(24).fill(75));
});

test("names a map or a picture that does not fit its size", () => {
  const map = new Float32Array(3);
  expect(() => overlay(grey, { width: 2, height: 2, map })).toThrow(
    "resizeBilinear: plane must have height · width numbers and at least one; got 3 for [2, 2].",
  );
  expect(() => overlay({ ...grey, width: 5 }, { width: 3, height: 1, map })).toThrow(
    "overlay: picture must have height · width · 3 bytes and at least one pixel; got 24 for [2, 5].",
  );
});

test("a mask shows objects in VOC's colours and the background faded", () => {
  const mask = { width: 2, height: 1, labels: Uint8Array.of(0, 2) };
  const { pixels } = maskPicture(grey, mask);
  expect([...pixels.subarray(0, 3)]).toEqual([75, 75, 75]);
  expect([...pixels.subarray(9, 12)]).toEqual([30, Math.round(30 + 0.7 * 128), 30]);
});

test("writes a picture of the same size in the format of the file's ending", async () => {
  const folder = await mkdtemp(join(tmpdir(), "overlay-"));
  try {
    const path = join(folder, "overlay.png");
    await writeOverlay(path, grey, { width: 1, height: 1, map: Float32Array.of(1) });
    const { format, width, height } = await sharp(path).metadata();
    expect({ format, width, height }).toEqual({ format: "png", width: 4, height: 2 });
  } finally {
    await rm(folder, { recursive: true });
  }
});
