/** How well a map ranks the pixels of objects above the others. */
import type { Measured } from "../perClass.ts";
import { minMaxScaled } from "./minMax.ts";
import type { Objects } from "./objects.ts";

/** Thresholds 0, 0.001, …, 0.999, and 1. */
const bins = 1001;

/**
 * PxAP, pixel average precision (Choe et al. 2020, "Evaluating Weakly-Supervised Object Localization
 * Methods Right", eqs. 3 to 5): the area under the curve of precision against recall of pixels, over
 * the thresholds τ of maps stretched to [0, 1].
 *
 *   PxPrec(τ) = |{A ≥ τ} ∩ object| / |{A ≥ τ}|,   PxRec(τ) = |{A ≥ τ} ∩ object| / |object|
 *   PxAP = Σₗ PxPrec(τₗ) (PxRec(τₗ) − PxRec(τₗ₊₁))
 *
 * over the pixels of all maps together, as in their code (`mean`), or of a class's maps. Void pixels
 * do not count. Of boxes, whose corners are no object, it says less than of masks.
 */
export class PixelAveragePrecision {
  readonly #classes: readonly string[];
  /** Pixels by class, whether they are object, and bin of their value, [C, 2, bins]. */
  readonly #counts: Float64Array;

  /** @param classes  Names. */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#counts = new Float64Array(classes.length * 2 * bins);
  }

  /** @param map  [S, S]; its values count relative to its own lowest and highest. */
  add(classIndex: number, map: Float32Array, { region }: Objects): void {
    const scaled = minMaxScaled(map);
    for (let i = 0; i < scaled.length; i++) {
      if (region[i] > 1) continue;
      const bin = Math.floor(scaled[i] * (bins - 1));
      this.#counts[(2 * classIndex + region[i]) * bins + bin]++;
    }
  }

  result(): Measured {
    const all = new Float64Array(2 * bins);
    for (let i = 0; i < this.#counts.length; i++) all[i % all.length] += this.#counts[i];
    const perClass = this.#classes.map((name, c) => {
      return [name, areaUnder(this.#counts.subarray(2 * c * bins, 2 * (c + 1) * bins))] as const;
    });
    return { mean: areaUnder(all), perClass: Object.fromEntries(perClass) };
  }
}

/** @param counts  Pixels elsewhere by bin, then of objects, [2, bins]. */
function areaUnder(counts: Float64Array): number | null {
  const objects = counts.subarray(bins).reduce((sum, count) => sum + count, 0);
  if (objects === 0) return null;
  let [inside, above, area] = [0, 0, 0];
  for (let bin = bins - 1; bin >= 0; bin--) {
    const fresh = counts[bins + bin];
    inside += fresh;
    above += fresh + counts[bin];
    if (fresh > 0) area += (inside / above) * (fresh / objects);
  }
  return area;
}
