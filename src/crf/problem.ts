/** What a dense CRF is asked, and what makes it a question without an answer. */

import { formatShape, ShapeError, sizeOf } from "../shape.ts";
import type { DenseCrfOptions } from "./options.ts";

/** A value that a dense CRF cannot take. */
export class CrfError extends Error {
  override name = "CrfError";
}

/** One picture. Arrays are planar, as networks give them. */
export interface DenseCrfProblem {
  /** Energies −log p, [classes, height, width], nats. */
  readonly unary: Float32Array;
  /** RGB, [height, width, 3]. */
  readonly image: Uint8Array;
  readonly classes: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Checks everything that inference relies on.
 *
 * @throws {ShapeError} When an array does not have the length that the sizes say.
 * @throws {CrfError} When an energy is not finite, or an option out of its range.
 */
export function checkProblem(problem: DenseCrfProblem, options: DenseCrfOptions): void {
  const { unary, image, classes, width, height } = problem;
  for (const [name, value] of Object.entries({ classes, width, height })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new CrfError(`denseCrf: ${name} must be a positive integer; got ${value}.`);
    }
  }
  checkLength("unary", unary.length, [classes, height, width]);
  checkLength("image", image.length, [height, width, 3]);
  checkOptions(options, width, height);
  for (let i = 0; i < unary.length; i++) {
    if (!Number.isFinite(unary[i])) throw new CrfError(notFinite(problem, i));
  }
}

function checkLength(argument: string, length: number, shape: readonly number[]): void {
  if (length === sizeOf(shape)) return;
  throw new ShapeError(
    `denseCrf: ${argument} must have ${sizeOf(shape)} numbers; got ${length} for shape ` +
      `${formatShape(shape)}.`,
  );
}

function notFinite({ unary, width, height }: DenseCrfProblem, i: number): string {
  const pixel = i % (width * height);
  const at = `pixel (${pixel % width}, ${Math.floor(pixel / width)})`;
  const label = Math.floor(i / (width * height));
  return (
    `denseCrf: unary must be finite; got ${unary[i]} for class ${label} at ${at}. ` +
    "Clip probabilities, for example at 1e-5, before their logarithm."
  );
}

function checkOptions(options: DenseCrfOptions, width: number, height: number): void {
  const { iterations, gaussian, bilateral, normalization = "symmetric" } = options;
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new CrfError(`denseCrf: iterations must be an integer, 0 or more; got ${iterations}.`);
  }
  if (normalization !== "symmetric" && normalization !== "after") {
    throw new CrfError(
      `denseCrf: normalization must be "symmetric" or "after"; got "${normalization}".`,
    );
  }
  for (const [name, { weight }] of Object.entries({ gaussian, bilateral })) {
    if (!Number.isFinite(weight)) {
      throw new CrfError(`denseCrf: ${name}.weight must be finite; got ${weight}.`);
    }
  }
  const sigmas = {
    "gaussian.spatialSigma": gaussian.spatialSigma,
    "bilateral.spatialSigma": bilateral.spatialSigma,
    "bilateral.colorSigma": bilateral.colorSigma,
  };
  for (const [name, sigma] of Object.entries(sigmas)) {
    if (!Number.isFinite(sigma) || sigma <= 0) {
      throw new CrfError(`denseCrf: ${name} must be a positive number; got ${sigma}.`);
    }
  }
  // A feature moves a coordinate by at most √(2/3) (d + 1) √(d / (d + 1)) times its size
  // (lattice.ts): 2 for d = 2, less than 4.5 for d = 5.
  const side = Math.max(width, height);
  checkSpan("gaussian", (2 * 2 * side) / gaussian.spatialSigma);
  checkSpan(
    "bilateral",
    4.5 * ((2 * side) / bilateral.spatialSigma + (3 * 255) / bilateral.colorSigma),
  );
}

/** Coordinates of lattice vertices are 16-bit integers; some are left for the neighbours. */
const maxSpan = 32_000;

function checkSpan(kernel: string, span: number): void {
  if (span <= maxSpan) return;
  throw new CrfError(
    `denseCrf: ${kernel} must have sigmas that let the picture span at most ${maxSpan} steps of ` +
      `the lattice; got ${Math.ceil(span)}. So narrow a kernel joins no pixels: use larger sigmas.`,
  );
}
