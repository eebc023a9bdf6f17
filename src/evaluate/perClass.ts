/** Means of figures by class. */

/** A figure by class, and over all. */
export interface Measured {
  /** `null` when there was nothing to measure. */
  readonly mean: number | null;
  /** `null` for a class of which there was nothing to measure. */
  readonly perClass: Readonly<Record<string, number | null>>;
}

/** Gathers one figure for each map. */
export class PerClass {
  readonly #classes: readonly string[];
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  /** @param classes  Names. */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#sums = new Float64Array(classes.length);
    this.#counts = new Float64Array(classes.length);
  }

  /** Number of maps added. */
  get count(): number {
    return total(this.#counts);
  }

  add(classIndex: number, value: number): void {
    this.#sums[classIndex] += value;
    this.#counts[classIndex]++;
  }

  /** @param over  What `mean` is the mean of: all maps alike, or the classes' own means. */
  result(over: "maps" | "classes"): Measured {
    const means = this.#classes.map((_, c) =>
      this.#counts[c] === 0 ? null : this.#sums[c] / this.#counts[c],
    );
    const perClass = Object.fromEntries(this.#classes.map((name, c) => [name, means[c]]));
    if (this.count === 0) return { mean: null, perClass };
    if (over === "maps") return { mean: total(this.#sums) / this.count, perClass };
    const measured = means.filter((mean) => mean !== null);
    return { mean: total(measured) / measured.length, perClass };
  }
}

function total(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
