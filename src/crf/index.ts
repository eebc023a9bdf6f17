/** The dense CRF: from class probabilities to masks that follow the picture's edges. */
export { CrfPool } from "./crfPool.ts";
export { denseCrf } from "./denseCrf.ts";
export {
  type BilateralKernel,
  type DenseCrfOptions,
  type GaussianKernel,
  scaledCrf,
  secCrf,
} from "./options.ts";
export { CrfError, type DenseCrfProblem } from "./problem.ts";
export { loadCrfKernel, type WasmKernel } from "./wasmKernel.ts";
