/**
 * Mean-field inference on WebAssembly SIMD; `meanField` is the readable twin. The kernel's source
 * is `assembly/crf`; `npm run build` compiles it to `dist/crf/denseCrf.wasm`.
 */

import { existsSync, readFileSync } from "node:fs";
import { workerUrl } from "../workerUrl.ts";
import {
  bilateralDimensions,
  bilateralFeaturesInto,
  gaussianDimensions,
  gaussianFeaturesInto,
} from "./features.ts";
import type { DenseCrfOptions } from "./options.ts";
import { CrfError, type DenseCrfProblem } from "./problem.ts";

/** What assembly/crf/index.ts exports; pointers are bytes. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(pixels: number, classes: number): number;
  addKernel(dimensions: number, weight: number, isSymmetric: boolean): number;
  beginUnary(): number;
  solve(iterations: number): number;
}

/**
 * An instance and its memory, which grows to the largest problem and stays. One problem at a time:
 * `prepare`, then `solve`.
 */
export class WasmKernel {
  readonly #exports: Exports;

  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module).exports as unknown as Exports;
  }

  /** @returns  As `meanField`. */
  infer(problem: DenseCrfProblem, options: DenseCrfOptions): Float32Array {
    this.prepare(problem, options);
    return this.solve(problem, options.iterations);
  }

  /** Builds both lattices. */
  prepare(problem: DenseCrfProblem, options: DenseCrfOptions): void {
    inMemory(problem, () => {
      const { gaussian, bilateral, normalization = "symmetric" } = options;
      const pixels = problem.width * problem.height;
      const isSymmetric = normalization === "symmetric";
      const features = this.#exports.begin(pixels, problem.classes);
      gaussianFeaturesInto(this.#floats(features, pixels * gaussianDimensions), problem, options);
      this.#exports.addKernel(gaussianDimensions, gaussian.weight, isSymmetric);
      bilateralFeaturesInto(this.#floats(features, pixels * bilateralDimensions), problem, options);
      this.#exports.addKernel(bilateralDimensions, bilateral.weight, isSymmetric);
    });
  }

  /** @param problem  The one that was prepared. */
  solve(problem: DenseCrfProblem, iterations: number): Float32Array {
    return inMemory(problem, () => {
      const { unary } = problem;
      this.#floats(this.#exports.beginUnary(), unary.length).set(unary);
      return this.#floats(this.#exports.solve(iterations), unary.length).slice();
    });
  }

  /** A view, valid until the memory grows. */
  #floats(pointer: number, length: number): Float32Array {
    return new Float32Array(this.#exports.memory.buffer, pointer >>> 0, length);
  }
}

/** The kernel traps where its memory of 4 GiB at most does not suffice. */
function inMemory<Result>({ classes, width, height }: DenseCrfProblem, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new CrfError(
      `denseCrf: a picture of ${width}x${height} with ${classes} classes does not fit into memory. ` +
        "Make it smaller, or leave out classes that no pixel is likely to have.",
    );
  }
}

/** This thread's kernel: null where there is none, undefined before it was looked for. */
let loaded: WasmKernel | null | undefined;

/**
 * The kernel of this thread, one for all its calls; undefined where there is no WebAssembly SIMD or
 * the file is not built.
 */
export function loadCrfKernel(): WasmKernel | undefined {
  if (loaded === undefined) {
    const bytes = readModule();
    const isUsable = bytes !== undefined && WebAssembly.validate(bytes);
    loaded = isUsable ? new WasmKernel(new WebAssembly.Module(bytes)) : null;
  }
  return loaded ?? undefined;
}

/** The file lies beside the compiled worker, also for sources. */
function readModule(): Uint8Array<ArrayBuffer> | undefined {
  const url = new URL("denseCrf.wasm", workerUrl(import.meta.url, "crfWorker"));
  return existsSync(url) ? new Uint8Array(readFileSync(url)) : undefined;
}
