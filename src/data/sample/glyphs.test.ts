import { expect, test } from "vitest";
import { drawGlyphs, levelFor } from "./glyphs.ts";

const square = { left: 0, top: 0, width: 20, height: 20 };
const name = "noto:square";

async function drawSquare(fill: string) {
  const body = `<path d="M5 5h10v5h-10z" ${fill}/>`;
  const glyph = (await drawGlyphs(new Map([[name, { body, ...square }]]), 64)).get(name);
  return glyph ?? [];
}

test("crops an icon to what is visible, and halves it into levels", async () => {
  const levels = await drawSquare('fill="#ff0000"');
  expect(levels.map(({ width, height }) => [width, height])).toEqual([
    [40, 20],
    [20, 10],
  ]);
  expect([...levels[1].pixels.slice(0, 4)]).toEqual([255, 0, 0, 255]);
});

test("holds premultiplied colours", async () => {
  const [level] = await drawSquare('fill="#ff0000" fill-opacity="0.5"');
  const center = 4 * (10 * 40 + 20);
  const [red, green, blue, alpha] = level.pixels.slice(center, center + 4);
  expect(Math.abs(alpha - 128)).toBeLessThanOrEqual(1);
  expect(Math.abs(red - alpha)).toBeLessThanOrEqual(1);
  expect([green, blue]).toEqual([0, 0]);
});

test("picks the smallest level that need not be enlarged", async () => {
  const levels = await drawSquare('fill="#ff0000"');
  expect(levelFor(levels, 20)).toBe(levels[1]);
  expect(levelFor(levels, 21)).toBe(levels[0]);
  expect(levelFor(levels, 100)).toBe(levels[0]);
});
