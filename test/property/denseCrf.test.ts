import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DenseCrfOptions,
  type DenseCrfProblem,
  scaledCrf,
  secCrf,
} from "../../src/crf/index.ts";
import { Random } from "../../src/random.ts";
import { largestDifference, twins } from "../crf/pictures.ts";
import { settings } from "./settings.ts";

/** Energies up to `spread`, pictures of noise or of few colours. */
const problem: fc.Arbitrary<DenseCrfProblem> = fc
  .record({
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    classes: fc.integer({ min: 1, max: 9 }),
    spread: fc.constantFrom(0, 1, 30, 1e4, 3e38),
    colors: fc.constantFrom(1, 3, 256),
    seed: fc.nat(),
  })
  .map(({ width, height, classes, spread, colors, seed }) => {
    const random = new Random(seed);
    const uniform = () => random.uniform(-spread, spread);
    const level = () => Math.floor(256 / colors) * random.int(colors);
    const unary = Float32Array.from({ length: classes * height * width }, uniform);
    const image = Uint8Array.from({ length: height * width * 3 }, level);
    return { unary, image, classes, width, height };
  });

const options: fc.Arbitrary<DenseCrfOptions> = fc
  .record({
    iterations: fc.integer({ min: 0, max: 10 }),
    scale: fc.constantFrom(1, 12),
    normalization: fc.constantFrom("symmetric", "after"),
  })
  .map(({ iterations, scale, normalization }) => ({
    ...scaledCrf(secCrf, scale),
    iterations,
    normalization,
  }));

describe.each(twins)("%s", (_, infer) => {
  test("marginals are not negative and sum to one at every pixel, whatever the input", () => {
    fc.assert(
      fc.property(problem, options, (given, chosen) => {
        const { classes, width, height } = given;
        const marginals = infer(given, chosen);
        const sums = new Float64Array(width * height);
        for (let i = 0; i < marginals.length; i++) sums[i % sums.length] += marginals[i];
        expect(marginals.length).toBe(classes * width * height);
        expect(marginals.every((p) => p >= 0)).toBe(true);
        // float32 rounding of up to nine shares
        expect(largestDifference(sums, new Float64Array(sums.length).fill(1))).toBeLessThan(1e-6);
      }),
      settings,
    );
  });
});
