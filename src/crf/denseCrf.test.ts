import { afterEach, describe, expect, test, vi } from "vitest";
import {
  hasGolden,
  inferenceCases,
  marginalsOf,
  optionsOf,
  problemOf,
} from "../../test/crf/golden.ts";
import { builtKernel, largestDifference, smoothProblem, twins } from "../../test/crf/pictures.ts";
import { Random } from "../random.ts";
import { ShapeError } from "../shape.ts";
import { CrfError, type DenseCrfOptions, type DenseCrfProblem, denseCrf, secCrf } from "./index.ts";
import { meanField } from "./meanField.ts";

describe.each(twins)("%s", (_, infer) => {
  test.skipIf(!hasGolden)("gives the marginals of the C++ code", () => {
    for (const one of inferenceCases) {
      const marginals = infer(problemOf(one), optionsOf(one));
      expect(largestDifference(marginals, marginalsOf(one))).toBeLessThan(1e-4);
    }
  });

  test("without iterations the marginals are softmax(−U)", () => {
    const problem = smoothProblem(7, 3, 5);
    const marginals = infer(problem, { ...secCrf, iterations: 0 });
    const expected = problem.unary.map((energy, i) => {
      const sum = [0, 1, 2, 3, 4].reduce(
        (s, c) => s + Math.exp(-problem.unary[21 * c + (i % 21)]),
        0,
      );
      return Math.exp(-energy) / sum;
    });
    expect(largestDifference(marginals, expected)).toBeLessThan(1e-6);
  });

  test("a constant that is added to all energies of a pixel changes nothing", () => {
    const problem = smoothProblem(23, 17, 6);
    const random = new Random(5);
    const shifts = Float32Array.from({ length: 23 * 17 }, () => random.int(9) - 4);
    const unary = problem.unary.map((energy, i) => energy + shifts[i % shifts.length]);
    // the shift costs three bits of the energies' precision: 1e-6 · their growth over iterations
    expect(
      largestDifference(infer({ ...problem, unary }, secCrf), infer(problem, secCrf)),
    ).toBeLessThan(1e-4);
  });

  test("permuting classes permutes the marginals", () => {
    const problem = smoothProblem(19, 14, 7);
    const pixels = 19 * 14;
    const order = [3, 0, 6, 1, 5, 2, 4];
    const permuted = (planes: Float32Array): Float32Array =>
      planes.map((_, i) => planes[order[Math.floor(i / pixels)] * pixels + (i % pixels)]);
    const marginals = infer({ ...problem, unary: permuted(problem.unary) }, secCrf);
    // another order of summation in the softmax
    expect(largestDifference(marginals, permuted(infer(problem, secCrf)))).toBeLessThan(1e-5);
  });

  test("one class has the marginal 1 everywhere", () => {
    const marginals = infer(smoothProblem(9, 5, 1), secCrf);
    expect(largestDifference(marginals, new Float32Array(45).fill(1))).toBeLessThan(1e-6);
  });

  test("a single pixel decides by its energies and stays with its first choice", () => {
    const unary = Float32Array.of(2, 0, 1);
    const marginals = infer(
      { unary, image: Uint8Array.of(9, 8, 7), classes: 3, width: 1, height: 1 },
      secCrf,
    );
    expect(marginals[1]).toBeGreaterThan(marginals[2]);
    expect(marginals[2]).toBeGreaterThan(marginals[0]);
  });

  test("rows, columns and sizes that are no multiple of a vector work as any other", () => {
    for (const [width, height, classes] of [
      [1, 13, 2],
      [13, 1, 3],
      [3, 3, 4],
      [2, 3, 5],
      [5, 7, 21],
    ]) {
      const problem = smoothProblem(width, height, classes);
      const marginals = infer(problem, secCrf);
      expect(largestDifference(marginals, meanField(problem, secCrf))).toBeLessThan(1e-4);
    }
  });

  test("on a uniform picture with uniform energies nothing is preferred", () => {
    const [width, height, classes] = [16, 12, 4];
    const unary = new Float32Array(classes * width * height).fill(1.5);
    const image = new Uint8Array(3 * width * height).fill(77);
    const marginals = infer({ unary, image, classes, width, height }, secCrf);
    expect(largestDifference(marginals, new Float32Array(unary.length).fill(0.25))).toBeLessThan(
      1e-6,
    );
  });

  test("noise in the energies follows the picture's edge", () => {
    const [width, height] = [24, 16];
    const random = new Random(2);
    const isRight = (pixel: number): boolean => pixel % width >= 12;
    const image = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
      isRight(Math.floor(i / 3)) ? 200 : 40,
    );
    // three quarters of the pixels prefer their own side's class
    const unary = new Float32Array(2 * width * height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const label = isRight(pixel) === random.uniform() < 0.75 ? 1 : 0;
      unary[(1 - label) * width * height + pixel] = 1;
    }
    const marginals = infer({ unary, image, classes: 2, width, height }, secCrf);
    for (let pixel = 0; pixel < width * height; pixel++) {
      expect(marginals[width * height + pixel] > 0.5).toBe(isRight(pixel));
    }
  });
});

test("the kernel gives the marginals of its readable twin", () => {
  const kernel = builtKernel();
  for (const normalization of ["symmetric", "after"] as const) {
    const options: DenseCrfOptions = { ...secCrf, normalization };
    for (const [width, height, classes] of [
      [97, 61, 21],
      [41, 41, 6],
    ]) {
      const problem = smoothProblem(width, height, classes, classes);
      const marginals = kernel.infer(problem, options);
      // the same lattice and sums, in another order and with another exponential
      expect(largestDifference(marginals, meanField(problem, options))).toBeLessThan(1e-5);
    }
  }
});

test("the kernel forgets one picture for the next", () => {
  const kernel = builtKernel();
  const [small, large] = [smoothProblem(11, 6, 3), smoothProblem(64, 50, 9)];
  const before = kernel.infer(small, secCrf);
  kernel.infer(large, secCrf);
  expect(kernel.infer(small, secCrf)).toEqual(before);
});

test("the kernel's exponential is exact to 2e-7 of its value, and 0 below −60", () => {
  // p₁ / p₀ = exp(U₀ − U₁), with the roundings of two products besides
  const drops = Float32Array.from({ length: 6001 }, (_, i) => i / 100);
  const pixels = drops.length;
  const unary = new Float32Array(2 * pixels);
  unary.set(drops, pixels);
  const image = new Uint8Array(3 * pixels);
  const problem = { unary, image, classes: 2, width: pixels, height: 1 };
  const options = { ...secCrf, iterations: 0 };
  const marginals = builtKernel().infer(problem, options);
  for (let i = 0; i < pixels - 1; i++) {
    const exact = Math.exp(-drops[i]);
    expect(Math.abs(marginals[pixels + i] / marginals[i] / exact - 1)).toBeLessThan(2e-7);
  }
  expect(marginals[2 * pixels - 1]).toBe(0);
});

describe("without the kernel", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("the plain code answers", async () => {
    vi.resetModules();
    vi.stubGlobal("WebAssembly", { validate: () => false });
    const fresh = await import("./index.ts");
    expect(fresh.loadCrfKernel()).toBeUndefined();
    const problem = smoothProblem(8, 6, 3);
    expect(fresh.denseCrf(problem)).toEqual(meanField(problem, secCrf));
  });
});

describe("errors", () => {
  const good = smoothProblem(4, 3, 2);
  const sentence = (problem: Partial<DenseCrfProblem>, options: Partial<DenseCrfOptions> = {}) => {
    try {
      denseCrf({ ...good, ...problem }, { ...secCrf, ...options });
    } catch (error) {
      expect(error instanceof CrfError || error instanceof ShapeError).toBe(true);
      return (error as Error).message;
    }
    return "no error";
  };

  test("arrays must have the length that the sizes say", () => {
    expect(sentence({ unary: new Float32Array(23) })).toBe(
      "denseCrf: unary must have 24 numbers; got 23 for shape [2, 3, 4].",
    );
    expect(sentence({ image: new Uint8Array(48) })).toBe(
      "denseCrf: image must have 36 numbers; got 48 for shape [3, 4, 3].",
    );
  });

  test("sizes must be positive integers", () => {
    expect(sentence({ classes: 0 })).toBe("denseCrf: classes must be a positive integer; got 0.");
    expect(sentence({ width: 2.5 })).toBe("denseCrf: width must be a positive integer; got 2.5.");
    expect(sentence({ height: Number.NaN })).toBe(
      "denseCrf: height must be a positive integer; got NaN.",
    );
  });

  test("an energy that is not finite is named by its class and pixel", () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const unary = good.unary.with(12 + 4 + 3, value);
      expect(sentence({ unary })).toBe(
        `denseCrf: unary must be finite; got ${value} for class 1 at pixel (3, 1). ` +
          "Clip probabilities, for example at 1e-5, before their logarithm.",
      );
    }
  });

  test("options must lie in their ranges", () => {
    const { gaussian, bilateral } = secCrf;
    expect(sentence({}, { iterations: -1 })).toBe(
      "denseCrf: iterations must be an integer, 0 or more; got -1.",
    );
    expect(sentence({}, { gaussian: { ...gaussian, spatialSigma: 0 } })).toBe(
      "denseCrf: gaussian.spatialSigma must be a positive number; got 0.",
    );
    expect(sentence({}, { bilateral: { ...bilateral, spatialSigma: -80 } })).toBe(
      "denseCrf: bilateral.spatialSigma must be a positive number; got -80.",
    );
    expect(sentence({}, { bilateral: { ...bilateral, colorSigma: Number.NaN } })).toBe(
      "denseCrf: bilateral.colorSigma must be a positive number; got NaN.",
    );
    expect(sentence({}, { gaussian: { ...gaussian, weight: Infinity } })).toBe(
      "denseCrf: gaussian.weight must be finite; got Infinity.",
    );
    expect(sentence({}, { normalization: "before" as "after" })).toBe(
      'denseCrf: normalization must be "symmetric" or "after"; got "before".',
    );
    expect(sentence({}, { gaussian: { ...gaussian, spatialSigma: 1e-4 } })).toBe(
      "denseCrf: gaussian must have sigmas that let the picture span at most 32000 steps of the " +
        "lattice; got 160000. So narrow a kernel joins no pixels: use larger sigmas.",
    );
  });

  test("a picture that does not fit into the kernel's memory is an error, and the next one fits", () => {
    const kernel = builtKernel();
    const vast = { ...good, classes: 2, width: 20_000, height: 20_000 };
    expect(() => kernel.prepare(vast, secCrf)).toThrow(
      "denseCrf: a picture of 20000x20000 with 2 classes does not fit into memory. " +
        "Make it smaller, or leave out classes that no pixel is likely to have.",
    );
    expect(largestDifference(denseCrf(good), meanField(good, secCrf))).toBeLessThan(1e-5);
  });
});
