/** What is said of several measurements of the same. */

/** Interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = sorted[Math.min(below + 1, sorted.length - 1)];
  return sorted[below] + (place - below) * (above - sorted[below]);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The middle half of the values lies between them. */
export const quartiles = (values: readonly number[]): readonly [number, number] => [
  round(quantile(values, 0.25)),
  round(quantile(values, 0.75)),
];

/** To hundredths. */
export const round = (value: number): number => Math.round(value * 100) / 100;
