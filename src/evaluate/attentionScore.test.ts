import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AttentionScore } from "./attentionScore.ts";

const { attention } = JSON.parse(
  readFileSync(new URL("../../test/golden/evaluate/golden.json", import.meta.url), "utf8"),
);

/** An 8 x 8 mask whose left half is class `label`: after subsampling [[label, 0], [label, 0]]. */
function halfMask(label: number): Uint8Array {
  return Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? label : 0));
}

test("agrees with NumPy and PyTorch on a random case, a blank map and void borders included", () => {
  const { size, side, tags, maps, masks, expected } = attention;
  const score = new AttentionScore(["a", "b", "c"]);
  for (const [n, mask] of masks.entries()) {
    const own = Float32Array.from(maps[n], (v: number, i: number) => {
      return (v / 64) * tags[n][Math.floor(i / (side * side))];
    });
    score.add(own, side, side, Uint8Array.from(mask), size);
  }
  expect(score.images).toBe(masks.length);
  const result = score.result();
  expect(result.mIoU).toBeCloseTo(expected.mIoU, 12);
  expect(result.threshold).toBe(expected.threshold);
  expect(result.mIoUAtFixed.threshold).toBe(0.2);
  expect(result.mIoUAtFixed.mIoU).toBeCloseTo(expected.mIoUAtFixed, 12);
  // The golden energy was summed in float32.
  expect(result.energy).toBeCloseTo(expected.energy, 6);
  const [background, a, b, c] = expected.IoU;
  for (const [name, value] of Object.entries({ background, a, b, c })) {
    expect(result.IoU[name]).toBeCloseTo(value, 12);
  }
});

test("is perfect for attention that equals the mask", () => {
  const score = new AttentionScore(["cat", "dog"]);
  const maps = Float32Array.of(0, 0, 0, 0, 1, 0, 1, 0);
  score.add(maps, 2, 2, halfMask(2), 8);
  const result = score.result();
  expect(result.mIoU).toBe(1);
  expect(result.energy).toBe(1);
  expect(result.threshold).toBe(0.02);
});

test("leaves a class that is in neither truth nor maps out of the mean", () => {
  const score = new AttentionScore(["cat", "dog"]);
  score.add(Float32Array.of(1, 0, 1, 0, 0, 0, 0, 0), 2, 2, halfMask(1), 8);
  const result = score.result();
  expect(result.IoU).toEqual({ background: 1, cat: 1, dog: null });
  expect(result.mIoU).toBe(1);
});

test("counts a value equal to a threshold as background", () => {
  const score = new AttentionScore(["cat"]);
  score.add(Float32Array.of(0.2, 0.1, 0.2, 0.1), 2, 2, halfMask(1), 8);
  // Of the fixed threshold's two classes, background covers all four pixels: IoU 2 / 4 and 0.
  expect(score.result().mIoUAtFixed).toEqual({ threshold: 0.2, mIoU: 0.25 });
});

test("stays a number for blank maps, and ignores void pixels", () => {
  const score = new AttentionScore(["cat"]);
  score.add(new Float32Array(4), 2, 2, halfMask(1), 8);
  expect(score.result()).toEqual({
    mIoU: 0.25,
    threshold: 0.02,
    mIoUAtFixed: { threshold: 0.2, mIoU: 0.25 },
    energy: 0,
    IoU: { background: 0.5, cat: 0 },
  });
  const onVoid = new AttentionScore(["cat"]);
  onVoid.add(Float32Array.of(1, 0, 1, 0), 2, 2, halfMask(255), 8);
  expect(onVoid.result().IoU).toEqual({ background: 1, cat: null });
});

test("names what is wrong with its input", () => {
  const score = new AttentionScore(["cat", "dog"]);
  const maps = new Float32Array(8);
  expect(() => score.add(maps, 3, 2, halfMask(1), 8)).toThrow(
    "AttentionScore.add: maps must have the numbers of shape [2, 3, 2]; got 8.",
  );
  expect(() => score.add(maps, 2, 2, halfMask(9), 8)).toThrow(
    "AttentionScore.add: mask must hold labels 0 to 2, or 255 for void; got 9 at row 2, column 2.",
  );
  expect(() => score.add(maps.fill(Number.NaN, 4), 2, 2, halfMask(1), 8)).toThrow(
    "AttentionScore.add: maps must be numbers; got NaN in the map of dog. Divide a blank map by " +
      "its maximum plus a small number.",
  );
  expect(() => score.result()).toThrow(
    "AttentionScore.result: there must be pixels that are not void; got none in 0 pictures. Add " +
      "pictures with masks first.",
  );
});
