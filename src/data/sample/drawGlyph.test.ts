import { expect, test } from "vitest";
import { drawGlyphInto, hueTurn } from "./drawGlyph.ts";

const pose = { x: 4, y: 4, extent: 4, angle: 0, mirrored: false, stretch: 1 };

/** 4x4 pixels, the left half red, the right half blue, at this opacity in 0..255. */
function twoColors(alpha: number) {
  const pixels = new Uint8Array(4 * 16);
  for (let i = 0; i < 16; i++) pixels.set(i % 4 < 2 ? [alpha, 0, 0] : [0, 0, alpha], 4 * i);
  for (let i = 0; i < 16; i++) pixels[4 * i + 3] = alpha;
  return [{ width: 4, height: 4, pixels }];
}

function drawn(alpha: number, changes: Partial<typeof pose> = {}) {
  const canvas = { side: 8, pixels: new Uint8ClampedArray(3 * 64).fill(100) };
  const coverage = new Float32Array(64);
  drawGlyphInto(canvas, coverage, twoColors(alpha), { ...pose, ...changes }, hueTurn(0, 1));
  const at = (x: number, y: number) => [
    ...canvas.pixels.slice(3 * (8 * y + x), 3 * (8 * y + x) + 3),
  ];
  return { at, coverage };
}

test("copies an opaque glyph at its own size pixel by pixel", () => {
  const { at, coverage } = drawn(255);
  expect(at(2, 2)).toEqual([255, 0, 0]);
  expect(at(5, 5)).toEqual([0, 0, 255]);
  expect(at(1, 3)).toEqual([100, 100, 100]);
  expect(coverage.reduce((a, b) => a + b)).toBe(16);
});

test("blends by opacity", () => {
  const { at } = drawn(51);
  expect(at(2, 2)).toEqual([51 + 80, 80, 80]);
});

test("mirrors, and turns clockwise", () => {
  expect(drawn(255, { mirrored: true }).at(2, 2)).toEqual([0, 0, 255]);
  const { at } = drawn(255, { angle: Math.PI / 2 });
  expect(at(2, 2)).toEqual([255, 0, 0]);
  expect(at(5, 2)).toEqual([255, 0, 0]);
  expect(at(2, 5)).toEqual([0, 0, 255]);
});

test("a part outside of the canvas is cut off", () => {
  const { coverage } = drawn(255, { x: 0, y: 0 });
  expect(coverage.reduce((a, b) => a + b)).toBe(4);
});

test("a hue turned by a third of the circle moves red to green, grey stays", () => {
  const [a, , , d, , , g] = hueTurn((2 * Math.PI) / 3, 1);
  expect(a).toBeCloseTo(0);
  expect(d).toBeCloseTo(1);
  expect(g).toBeCloseTo(0);
});
