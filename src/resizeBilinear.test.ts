import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resizeAlignedInto, resizeBilinear } from "./resizeBilinear.ts";

const { resize } = JSON.parse(
  readFileSync(new URL("../test/golden/evaluate/golden.json", import.meta.url), "utf8"),
);

test("agrees with PyTorch's interpolate, larger and smaller", () => {
  const plane = Float32Array.from(resize.plane);
  for (const { height, width, values } of resize.cases) {
    const resized = resizeBilinear(plane, resize.height, resize.width, height, width);
    // Both round in float32; values are below 1.
    expect(Array.from(resized)).toEqual(values.map((v: number) => expect.closeTo(v, 6)));
  }
});

test("leaves a plane of the same size as it is", () => {
  const plane = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect(resizeBilinear(plane, 2, 3, 2, 3)).toEqual(plane);
});

test("names a plane that does not fit its size", () => {
  expect(() => resizeBilinear(new Float32Array(5), 2, 3, 4, 4)).toThrow(
    "resizeBilinear: plane must have height · width numbers and at least one; got 5 for [2, 3].",
  );
});

test("aligned at the corners, a ramp stays a ramp and corners keep their values", () => {
  const plane = Float32Array.of(0, 1, 2, 3, 4, 5);
  const resized = new Float32Array(3 * 5);
  resizeAlignedInto(resized, plane, 2, 3, 3, 5);
  expect([...resized]).toEqual([0, 0.5, 1, 1.5, 2, 1.5, 2, 2.5, 3, 3.5, 3, 3.5, 4, 4.5, 5]);
});

test("aligned at the corners, every eighth of 321 places is one of the 41", () => {
  const plane = Float32Array.from({ length: 41 }, (_, i) => Math.sin(i));
  const resized = new Float32Array(321);
  resizeAlignedInto(resized, plane, 1, 41, 1, 321);
  // The quotient 40 / 320 is exact, so the places are.
  expect(plane.every((value, i) => resized[8 * i] === value)).toBe(true);
});

test("aligned at the corners, one place stretches over all", () => {
  const resized = new Float32Array(4);
  resizeAlignedInto(resized, Float32Array.of(7), 1, 1, 2, 2);
  expect([...resized]).toEqual([7, 7, 7, 7]);
});
