import { expect, test } from "vitest";
import { formulaEnergy, formulaImage, hasGolden, latticeCases } from "../../test/crf/golden.ts";
import { largestDifference } from "../../test/crf/pictures.ts";
import { Random } from "../random.ts";
import { bilateralFeaturesInto, gaussianFeaturesInto } from "./features.ts";
import { blurInto, buildLattice, filterInto, type Lattice } from "./lattice.ts";
import { secCrf } from "./options.ts";

function filtered(lattice: Lattice, input: Float32Array, channels = 1): Float32Array {
  const scratch = () => new Float32Array((lattice.vertices + 1) * channels);
  const output = new Float32Array(input.length);
  filterInto(output, input, lattice, channels, [scratch(), scratch()]);
  return output;
}

/** Pixels of a picture, (x, y) / sigma. */
function gridFeatures(width: number, height: number, sigma: number): Float32Array {
  return Float32Array.from(
    { length: 2 * width * height },
    (_, i) => (i % 2 === 0 ? (i >> 1) % width : Math.floor((i >> 1) / width)) / Math.fround(sigma),
  );
}

function randomFeatures(points: number, dimensions: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: points * dimensions }, () => random.uniform(-9, 9));
}

test.skipIf(!hasGolden)("filters as the C++ code does", () => {
  for (const { W, H, sxy, srgb, dims, filteredOnes, filteredUnaryL1 } of latticeCases) {
    const pixels = W * H;
    const problem = {
      unary: new Float32Array(pixels),
      image: formulaImage(W, H),
      classes: 1,
      width: W,
      height: H,
    };
    const features = new Float32Array(pixels * dims);
    if (dims === 2) {
      gaussianFeaturesInto(features, problem, {
        ...secCrf,
        gaussian: { weight: 1, spatialSigma: sxy },
      });
    } else {
      bilateralFeaturesInto(features, problem, {
        ...secCrf,
        bilateral: { weight: 1, spatialSigma: sxy, colorSigma: srgb },
      });
    }
    const lattice = buildLattice(features, dims);
    const ones = filtered(lattice, new Float32Array(pixels).fill(1));
    expect(largestDifference(ones, filteredOnes)).toBeLessThan(1e-4);
    const energies = Float32Array.from({ length: pixels }, (_, i) => formulaEnergy(1, i));
    expect(largestDifference(filtered(lattice, energies), filteredUnaryL1)).toBeLessThan(1e-4);
  }
});

test("a point's barycentric coordinates are positive and sum to one", () => {
  for (const dimensions of [1, 2, 3, 5]) {
    const { weights } = buildLattice(randomFeatures(500, dimensions, dimensions), dimensions);
    for (let first = 0; first < weights.length; first += dimensions + 1) {
      const own = weights.subarray(first, first + dimensions + 1);
      // float32 rounding of coordinates of up to 50
      expect(Math.min(...own)).toBeGreaterThan(-1e-5);
      expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  }
});

test("equal points have equal corners, and distant ones share none", () => {
  const { corners, vertices } = buildLattice(Float32Array.of(0.3, 0.4, 0.3, 0.4, 90, -90), 2);
  expect([...corners.subarray(0, 3)]).toEqual([...corners.subarray(3, 6)]);
  expect(vertices).toBe(6);
});

test("neighbours are mutual: the one after a vertex has it before itself", () => {
  for (const dimensions of [2, 5]) {
    const lattice = buildLattice(randomFeatures(300, dimensions, 7), dimensions);
    expect(lattice.neighbors.length).toBe(dimensions + 1);
    for (const neighbors of lattice.neighbors) {
      let found = 0;
      for (let vertex = 1; vertex <= lattice.vertices; vertex++) {
        const after = neighbors[2 * vertex + 1];
        if (after !== 0) expect(neighbors[2 * after]).toBe(vertex);
        if (after !== 0) found++;
      }
      expect(found).toBeGreaterThan(0);
    }
  }
});

test("a blur adds half of both neighbours, and the empty one stays zero", () => {
  // three vertices in a row
  const neighbors = Int32Array.of(0, 0, 0, 2, 1, 3, 2, 0);
  const values = Float32Array.of(0, 0, 8, 1, 4, 2, 2, 3);
  const next = new Float32Array(8);
  blurInto(next, values, neighbors, 2);
  expect([...next]).toEqual([0, 0, 10, 2, 9, 4, 4, 4]);
});

test("the filter is linear, and channels do not mix", () => {
  const lattice = buildLattice(randomFeatures(200, 5, 3), 5);
  const random = new Random(4);
  const x = Float32Array.from({ length: 200 }, () => random.uniform());
  const y = Float32Array.from({ length: 200 }, () => random.uniform());
  const [kx, ky] = [filtered(lattice, x), filtered(lattice, y)];
  const sum = filtered(
    lattice,
    x.map((value, i) => 2 * value - y[i]),
  );
  // float32 sums of values of up to 2
  expect(
    largestDifference(
      sum,
      kx.map((value, i) => 2 * value - ky[i]),
    ),
  ).toBeLessThan(1e-5);
  const pairs = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? x : y)[i >> 1]);
  const both = filtered(lattice, pairs, 2);
  expect(Array.from(both, (_, i) => both[i])).toEqual(
    Array.from(both, (_, i) => (i % 2 === 0 ? kx : ky)[i >> 1]),
  );
});

test("normalised, it follows the exact Gaussian average", () => {
  const [width, height] = [24, 20];
  const features = gridFeatures(width, height, 3);
  const lattice = buildLattice(features, 2);
  const step = Float32Array.from({ length: width * height }, (_, i) => (i % width < 12 ? 0 : 1));
  const smooth = filtered(lattice, step);
  const ones = filtered(lattice, new Float32Array(step.length).fill(1));
  const ratio = smooth.map((value, i) => value / ones[i]);
  // the lattice is a coarse approximation: 0.033 measured
  expect(largestDifference(ratio, exactAverage(features, step))).toBeLessThan(0.05);
});

function exactAverage(features: Float32Array, values: Float32Array): Float32Array {
  return values.map((_, i) => {
    let sum = 0;
    let total = 0;
    for (let j = 0; j < values.length; j++) {
      const dx = features[2 * i] - features[2 * j];
      const dy = features[2 * i + 1] - features[2 * j + 1];
      const weight = Math.exp(-(dx * dx + dy * dy) / 2);
      sum += weight * values[j];
      total += weight;
    }
    return sum / total;
  });
}
