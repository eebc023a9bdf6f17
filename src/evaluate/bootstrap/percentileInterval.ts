/** Intervals from the values of a statistic in resamples. */

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The percentile interval.
 *
 *   [θ*₍k₎, θ*₍B+1−k₎],   k = ⌊(B + 1) α⌋,   α = (1 − level) / 2
 *
 * where θ*₍i₎ is the i-th smallest of B values (Efron & Tibshirani 1993, "An Introduction to the
 * Bootstrap", sections 12.5 and 13.3). It covers a little less than its level when there are few pictures,
 * and knows nothing of how another training would have ended: it speaks of the pictures alone.
 *
 * @param values  θ*, in any order; NaN, where a resample had nothing to measure, is left out.
 * @returns       Undefined when fewer values are left than the level needs.
 */
export function percentileInterval(
  values: Float64Array,
  level: number = 0.95,
): Interval | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const k = Math.floor(((sorted.length + 1) * (1 - level)) / 2 + 1e-9);
  if (k < 1) return undefined;
  return { low: sorted[k - 1], high: sorted[sorted.length - k] };
}
