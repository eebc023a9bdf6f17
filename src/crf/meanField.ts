/** Mean-field inference in plain TypeScript: the readable twin of the WebAssembly kernel. */

import {
  bilateralDimensions,
  bilateralFeaturesInto,
  gaussianDimensions,
  gaussianFeaturesInto,
} from "./features.ts";
import { buildLattice, filterInto, type Lattice } from "./lattice.ts";
import type { DenseCrfOptions } from "./options.ts";
import type { DenseCrfProblem } from "./problem.ts";

/** A kernel K, ready to be applied: w · after · K(before · Q). */
interface Pairwise {
  readonly weight: number;
  readonly lattice: Lattice;
  /** Normalisation by pixel, [pixels]. */
  readonly before: Float32Array;
  readonly after: Float32Array;
  /** Values of the lattice's vertices, for all classes, twice. */
  readonly scratch: readonly [Float32Array, Float32Array];
}

/**
 * Marginals by mean field with Potts compatibility (Krähenbühl & Koltun 2011, algorithm 1; the
 * message of a pixel to itself is not removed, as in their code):
 *
 *   Q ← softmax(−U),   then `iterations` times   Q ← softmax(−U + Σ_k w_k K_k Q)
 *
 * @param problem  Checked by `checkProblem`.
 * @returns        [classes, height, width].
 */
export function meanField(problem: DenseCrfProblem, options: DenseCrfOptions): Float32Array {
  const { unary, classes, width, height } = problem;
  const pixels = width * height;
  const kernels = pairwiseTerms(problem, options);
  // classes of a pixel side by side, as the lattice takes them
  const logits = new Float32Array(pixels * classes);
  for (let i = 0; i < unary.length; i++) {
    logits[(i % pixels) * classes + Math.floor(i / pixels)] = -unary[i];
  }
  const marginals = new Float32Array(pixels * classes);
  const filtered = new Float32Array(pixels * classes);
  const scores = Float32Array.from(logits);
  softmaxInto(marginals, scores, classes);
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    scores.set(logits);
    for (const kernel of kernels) {
      scaleInto(filtered, marginals, kernel.before, 1, classes);
      filterInto(filtered, filtered, kernel.lattice, classes, kernel.scratch);
      scaleInto(filtered, filtered, kernel.after, kernel.weight, classes);
      for (let i = 0; i < scores.length; i++) scores[i] += filtered[i];
    }
    softmaxInto(marginals, scores, classes);
  }
  for (let i = 0; i < filtered.length; i++) {
    filtered[i] = marginals[(i % pixels) * classes + Math.floor(i / pixels)];
  }
  return filtered;
}

function pairwiseTerms(problem: DenseCrfProblem, options: DenseCrfOptions): Pairwise[] {
  const { classes, width, height } = problem;
  const gaussian = new Float32Array(width * height * gaussianDimensions);
  gaussianFeaturesInto(gaussian, problem, options);
  const bilateral = new Float32Array(width * height * bilateralDimensions);
  bilateralFeaturesInto(bilateral, problem, options);
  return [
    { weight: options.gaussian.weight, lattice: buildLattice(gaussian, gaussianDimensions) },
    { weight: options.bilateral.weight, lattice: buildLattice(bilateral, bilateralDimensions) },
  ].map(({ weight, lattice }) => {
    const scratchOf = (channels: number) => new Float32Array((lattice.vertices + 1) * channels);
    const sums = new Float32Array(lattice.points).fill(1);
    filterInto(sums, sums, lattice, 1, [scratchOf(1), scratchOf(1)]);
    return {
      weight,
      lattice,
      ...normalizationOf(sums, options.normalization),
      scratch: [scratchOf(classes), scratchOf(classes)] as const,
    };
  });
}

/**
 * Factors that normalise a kernel, from n = K·1.
 *
 * @param sums  n, [pixels].
 */
function normalizationOf(
  sums: Float32Array,
  normalization: DenseCrfOptions["normalization"] = "symmetric",
): Pick<Pairwise, "before" | "after"> {
  // the C++ code's guard against pixels without weight
  const guard = 1e-20;
  if (normalization === "after") {
    return { before: sums.map(() => 1), after: sums.map((n) => 1 / (n + guard)) };
  }
  const factors = sums.map((n) => 1 / Math.sqrt(n + guard));
  return { before: factors, after: factors };
}

/** Each pixel's values times its factor and a common one. */
function scaleInto(
  scaled: Float32Array,
  values: Float32Array,
  factors: Float32Array,
  common: number,
  channels: number,
): void {
  for (let pixel = 0, i = 0; pixel < factors.length; pixel++) {
    const factor = factors[pixel] * common;
    for (let c = 0; c < channels; c++, i++) scaled[i] = values[i] * factor;
  }
}

/** Softmax over the classes of each pixel. */
function softmaxInto(probabilities: Float32Array, scores: Float32Array, classes: number): void {
  for (let first = 0; first < scores.length; first += classes) {
    let max = -Infinity;
    for (let c = first; c < first + classes; c++) max = Math.max(max, scores[c]);
    let sum = 0;
    for (let c = first; c < first + classes; c++) {
      probabilities[c] = Math.exp(scores[c] - max);
      sum += probabilities[c];
    }
    for (let c = first; c < first + classes; c++) probabilities[c] /= sum;
  }
}
