/** Where a pixel lies for each kernel, in units of the kernel's deviations. */

import type { DenseCrfOptions } from "./options.ts";
import type { DenseCrfProblem } from "./problem.ts";

/** Dimensions of the gaussian kernel's features: x, y. */
export const gaussianDimensions = 2;
/** Dimensions of the bilateral kernel's features: x, y, red, green, blue. */
export const bilateralDimensions = 5;

/**
 * (x, y) / σ.
 *
 * @param features  [height · width, 2]; overwritten.
 */
export function gaussianFeaturesInto(
  features: Float32Array,
  { width, height }: DenseCrfProblem,
  { gaussian }: DenseCrfOptions,
): void {
  const sigma = Math.fround(gaussian.spatialSigma);
  let i = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      features[i++] = x / sigma;
      features[i++] = y / sigma;
    }
  }
}

/**
 * (x, y) / σ and (red, green, blue) / σ_c.
 *
 * @param features  [height · width, 5]; overwritten.
 */
export function bilateralFeaturesInto(
  features: Float32Array,
  { width, height, image }: DenseCrfProblem,
  { bilateral }: DenseCrfOptions,
): void {
  const sigma = Math.fround(bilateral.spatialSigma);
  const colorSigma = Math.fround(bilateral.colorSigma);
  let i = 0;
  let channel = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      features[i++] = x / sigma;
      features[i++] = y / sigma;
      for (let c = 0; c < 3; c++) features[i++] = image[channel++] / colorSigma;
    }
  }
}
