/** A picture out of focus. */

export interface BlurOptions {
  /** Side of the kernel, odd, pixels. */
  readonly width?: number;
  /** σ, pixels. */
  readonly deviation?: number;
}

/**
 * Planes blurred by a Gaussian that is cut off and sums to 1, edges repeated. The defaults are those
 * of RISE's code: 11 pixels wide, σ = 5.
 *
 * @param image  [3, S, S].
 * @returns      [3, S, S].
 */
export function blurred(
  image: Float32Array,
  size: number,
  { width = 11, deviation = 5 }: BlurOptions = {},
): Float32Array {
  const radius = (width - 1) / 2;
  if (!Number.isInteger(radius) || radius < 0) {
    throw new RangeError(`blurred: width must be odd and positive; got ${width}.`);
  }
  const kernel = Float64Array.from({ length: width }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * deviation ** 2)),
  );
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const weights = kernel.map((value) => value / total);
  const across = new Float32Array(image.length);
  const both = new Float32Array(image.length);
  alongInto(across, image, weights, size, { step: 1, line: size });
  alongInto(both, across, weights, size, { step: size, line: 1 });
  return both;
}

/** Convolves along one axis: places lie `step` apart, lines `line`. */
function alongInto(
  result: Float32Array,
  image: Float32Array,
  weights: Float64Array,
  size: number,
  { step, line }: { readonly step: number; readonly line: number },
): void {
  const radius = (weights.length - 1) / 2;
  for (let plane = 0; plane < image.length; plane += size * size) {
    for (let j = 0; j < size; j++) {
      const start = plane + j * line;
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          const place = Math.min(Math.max(i + k, 0), size - 1);
          sum += weights[k + radius] * image[start + place * step];
        }
        result[start + i * step] = sum;
      }
    }
  }
}
