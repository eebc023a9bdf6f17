import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { dropoutMask } from "./dropout.ts";

test("keeps the share that it is told, scaled so that the mean stays 1", () => {
  for (const keep of [0.25, 0.5, 0.9]) {
    const mask = dropoutMask(40_001, keep, new Random(3));
    const kept = mask.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / keep)]));
    // Four standard deviations of a share of 40,000 draws.
    expect(Math.abs(kept.length / mask.length - keep)).toBeLessThan(0.01);
  }
});

test("keeps all with probability 1", () => {
  expect(dropoutMask(5, 1, new Random(0))).toEqual(new Float32Array(5).fill(1));
});

test("is the same for the same generator, and another for the next", () => {
  const random = new Random(1);
  const first = dropoutMask(64, 0.5, random);
  expect(dropoutMask(64, 0.5, new Random(1))).toEqual(first);
  expect(dropoutMask(64, 0.5, random)).not.toEqual(first);
});
