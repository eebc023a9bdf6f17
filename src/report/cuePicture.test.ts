import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { cuePicture } from "./cuePicture.ts";
import { fade } from "./fade.ts";

const picture = { width: 4, height: 2, pixels: new Uint8Array(24).fill(100) };

test("cells without a cue are faded, background is dark, objects have VOC's colours", () => {
  const cues = { width: 4, height: 1, labels: Uint8Array.of(255, 0, 1, 2) };
  const { pixels, width, height } = cuePicture(picture, cues);
  expect([width, height]).toEqual([4, 2]);
  const rgb = (x: number, y: number): number[] => [...pixels.subarray(3 * (4 * y + x)).slice(0, 3)];
  for (const y of [0, 1]) {
    expect(rgb(0, y)).toEqual([...fade(picture).subarray(0, 3)]);
    expect(rgb(1, y)).toEqual([30, 30, 30]);
    expect(rgb(2, y)).toEqual([30 + Math.round(0.7 * 128), 30, 30]);
    expect(rgb(3, y)).toEqual([30, 30 + Math.round(0.7 * 128), 30]);
  }
});

test("cues without the labels of their size are refused", () => {
  expect(() => cuePicture(picture, { width: 2, height: 2, labels: new Uint8Array(3) })).toThrow(
    new ShapeError(
      "cuePicture: cues must have height · width labels and at least one; got 3 for [2, 2].",
    ),
  );
});
