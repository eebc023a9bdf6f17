/** Pictures and problems for tests of the dense CRF. */

import type { DenseCrfOptions, DenseCrfProblem } from "../../src/crf/index.ts";
import { meanField } from "../../src/crf/meanField.ts";
import { loadCrfKernel, type WasmKernel } from "../../src/crf/wasmKernel.ts";
import { Random } from "../../src/random.ts";

/** The kernel, which tests do not do without. */
export function builtKernel(): WasmKernel {
  const kernel = loadCrfKernel();
  if (kernel === undefined) throw new Error("The kernel is not there: run npm run build first.");
  return kernel;
}

/** Both implementations by name, each checked against the same laws. */
export const twins: readonly (readonly [
  string,
  (problem: DenseCrfProblem, options: DenseCrfOptions) => Float32Array,
])[] = [
  ["TypeScript", meanField],
  ["WebAssembly", (problem, options) => builtKernel().infer(problem, options)],
];

/** A smooth picture with mild noise, and noisy energies of up to 4 nats. */
export function smoothProblem(
  width: number,
  height: number,
  classes: number,
  seed = 0,
): DenseCrfProblem {
  const random = new Random(seed);
  const image = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const c = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / (3 * width));
    return 128 + 90 * Math.sin(x / (9 + c) + c) * Math.cos(y / (13 - c)) + 8 * random.uniform();
  });
  const unary = Float32Array.from({ length: classes * height * width }, () => 4 * random.uniform());
  return { unary, image, classes, width, height };
}

/** The largest difference of two arrays of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}
