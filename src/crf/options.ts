/** What a dense CRF is set to (Krähenbühl & Koltun 2011), with SEC's values. */

/** Neighbours in the picture agree: w · exp(−½ |Δposition|² / σ²). */
export interface GaussianKernel {
  readonly weight: number;
  /** Pixels. */
  readonly spatialSigma: number;
}

/** Neighbours of one colour agree: w · exp(−½ |Δposition|² / σ² − ½ |Δcolour|² / σ_c²). */
export interface BilateralKernel extends GaussianKernel {
  /** Levels of 0–255. */
  readonly colorSigma: number;
}

export interface DenseCrfOptions {
  readonly iterations: number;
  readonly gaussian: GaussianKernel;
  readonly bilateral: BilateralKernel;
  /**
   * How K·1 = n is divided out: n^−½ before and after, or n^−1 after. SEC and the C++ default are
   * "symmetric", the default here too.
   */
  readonly normalization?: "symmetric" | "after";
}

/** SEC's inference (Kolesnikov & Lampert 2016). */
export const secCrf: DenseCrfOptions = {
  iterations: 10,
  gaussian: { weight: 3, spatialSigma: 3 },
  bilateral: { weight: 10, spatialSigma: 80, colorSigma: 13 },
};

/**
 * The same CRF for pictures that are `scale` times smaller; SEC trains at 41x41 with scale 12.
 *
 * @param scale  Divides the spatial sigmas.
 */
export function scaledCrf(options: DenseCrfOptions, scale: number): DenseCrfOptions {
  const scaled = <Kernel extends GaussianKernel>(kernel: Kernel): Kernel => ({
    ...kernel,
    spatialSigma: kernel.spatialSigma / scale,
  });
  return {
    ...options,
    gaussian: scaled(options.gaussian),
    bilateral: scaled(options.bilateral),
  };
}
