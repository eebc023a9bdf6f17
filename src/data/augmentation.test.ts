import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { cropWindow, drawAugmentation } from "./augmentation.ts";

test("a window lies inside the picture, and has the drawn share of it", () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (seed, width, height, low) => {
        const { crop } = drawAugmentation(new Random(seed), { scale: [low, 1] });
        const window = cropWindow(crop, width, height);
        expect(window.left).toBeGreaterThanOrEqual(0);
        expect(window.top).toBeGreaterThanOrEqual(0);
        expect(window.width).toBeGreaterThanOrEqual(1);
        expect(window.height).toBeGreaterThanOrEqual(1);
        expect(window.left + window.width).toBeLessThanOrEqual(width);
        expect(window.top + window.height).toBeLessThanOrEqual(height);
        expect(Math.abs(window.width - (crop?.width ?? 1) * width)).toBeLessThanOrEqual(1);
      },
    ),
    { seed: 1 },
  );
});

test("options do not change how many numbers are drawn", () => {
  const states = [{}, { flip: 0 }, { scale: [0.5, 1] as const }, { crop: "center" as const }].map(
    (options) => {
      const random = new Random(5);
      drawAugmentation(random, options);
      return random.state;
    },
  );
  expect(new Set(states.map(String)).size).toBe(1);
});

test("probability 0 never flips and 1 always does", () => {
  const random = new Random(3);
  for (let i = 0; i < 50; i++) {
    expect(drawAugmentation(random, { flip: 0 })).toEqual({ flip: false });
    expect(drawAugmentation(random, { flip: 1 })).toEqual({ flip: true });
  }
});

test("a centred window has equal margins", () => {
  const { crop } = drawAugmentation(new Random(1), { flip: 0, scale: [0.5, 0.5], crop: "center" });
  expect(crop).toEqual({ left: 0.25, top: 0.25, width: 0.5, height: 0.5 });
});

test("options out of range are rejected", () => {
  expect(() => drawAugmentation(new Random(1), { flip: 2 })).toThrow(
    "drawAugmentation: flip must be a probability in [0, 1]; got 2.",
  );
  expect(() => drawAugmentation(new Random(1), { scale: [0.5, 1.5] })).toThrow(
    "drawAugmentation: scale must be a range within (0, 1]; got [0.5, 1.5].",
  );
});
