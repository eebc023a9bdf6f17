/** A fully connected conditional random field over the pixels of a picture. */

import { meanField } from "./meanField.ts";
import { type DenseCrfOptions, secCrf } from "./options.ts";
import { checkProblem, type DenseCrfProblem } from "./problem.ts";
import { loadCrfKernel } from "./wasmKernel.ts";

/**
 * Marginals of the classes (Krähenbühl & Koltun, "Efficient Inference in Fully Connected CRFs with
 * Gaussian Edge Potentials", 2011). The equations are at `meanField`.
 *
 * @returns  Marginals, [classes, height, width]; those of a pixel sum to one.
 * @throws {ShapeError} When an array does not have the length that the sizes say.
 * @throws {CrfError} When an energy is not finite, or an option out of its range.
 */
export function denseCrf(
  problem: DenseCrfProblem,
  options: DenseCrfOptions = secCrf,
): Float32Array {
  checkProblem(problem, options);
  const kernel = loadCrfKernel();
  return kernel === undefined ? meanField(problem, options) : kernel.infer(problem, options);
}
