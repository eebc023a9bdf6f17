import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resizeBilinear } from "./resizeBilinear.ts";

const { resize } = JSON.parse(
  readFileSync(new URL("../../test/golden/evaluate/golden.json", import.meta.url), "utf8"),
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
