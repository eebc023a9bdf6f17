/** How often a box around the high part of a map fits an object. */
import type { Measured } from "../perClass.ts";
import { boxIou, Components, type Rectangle } from "./components.ts";
import { minMaxScaled } from "./minMax.ts";
import type { Objects } from "./objects.ts";

/** Overlaps that a box must reach to be right. */
export const boxOverlaps = [0.3, 0.5, 0.7] as const;

/** Thresholds 0/255 to 254/255: a map has 256 values, as in the authors' code. */
const levels = 255;

export interface MaxBoxAccuracy extends Measured {
  /** By the overlap that is asked for: the accuracy at its best threshold, and that threshold. */
  readonly at: Readonly<
    Record<string, { readonly accuracy: number | null; readonly threshold: number | null }>
  >;
}

/**
 * MaxBoxAccV2 (Choe et al. 2020, "Evaluating Weakly-Supervised Object Localization Methods Right",
 * and its journal version, 4.1).
 *
 * A map, stretched to [0, 1] and rounded down to 256 values, is cut at threshold τ; around each
 * 8-connected part above τ lies a box. The map is right at (τ, δ) when one of these boxes and one of
 * the class's objects have an intersection over union of at least δ.
 *
 *   MaxBoxAccV2 = mean_δ max_τ BoxAcc(τ, δ),   δ ∈ {0.3, 0.5, 0.7}
 *
 * BoxAcc is the share of all maps, and τ the same for all of them; a class's figures are those at
 * these thresholds. A blank map is wrong everywhere. Boxes are at the network's input size, as their
 * 224 x 224; overlaps are of areas, where theirs count pixels inclusively; holes in a part have no
 * box of their own, as they do in theirs. With `parts: "largest"` only the part of most pixels
 * counts (each of several), and the accuracy at δ = 0.5 is MaxBoxAcc of the conference version.
 */
export class MaxBoxAccuracyScore {
  readonly #classes: readonly string[];
  readonly #parts: "all" | "largest";
  /** Maps that are right, [C, overlaps, levels]. */
  readonly #right: Float64Array;
  readonly #counts: Float64Array;

  /** @param classes  Names. */
  constructor(
    classes: readonly string[],
    { parts = "all" }: { readonly parts?: "all" | "largest" } = {},
  ) {
    this.#classes = classes;
    this.#parts = parts;
    this.#right = new Float64Array(classes.length * boxOverlaps.length * levels);
    this.#counts = new Float64Array(classes.length);
  }

  /** @param map  [S, S]; its values count relative to its own lowest and highest. */
  add(classIndex: number, map: Float32Array, { boxes }: Objects): void {
    this.#counts[classIndex]++;
    const overlaps = bestOverlaps(map, boxes, this.#parts);
    for (const [d, needed] of boxOverlaps.entries()) {
      const start = (classIndex * boxOverlaps.length + d) * levels;
      for (let level = 0; level < levels; level++) {
        if (overlaps[level] >= needed) this.#right[start + level]++;
      }
    }
  }

  result(): MaxBoxAccuracy {
    const maps = this.#counts.reduce((sum, count) => sum + count, 0);
    const best = boxOverlaps.map((_, d) => this.#bestLevel(d));
    const accuracies = best.map(({ right }) => (maps === 0 ? null : right / maps));
    const perClass = this.#classes.map((name, c) => {
      if (this.#counts[c] === 0) return [name, null] as const;
      const right = boxOverlaps.map((_, d) => this.#rightAt(c, d, best[d].level));
      return [name, mean(right.map((count) => count / this.#counts[c]))] as const;
    });
    const at = boxOverlaps.map((needed, d) => {
      const threshold = maps === 0 ? null : best[d].level / levels;
      return [String(needed), { accuracy: accuracies[d], threshold }] as const;
    });
    return {
      mean: maps === 0 ? null : mean(accuracies.filter((accuracy) => accuracy !== null)),
      perClass: Object.fromEntries(perClass),
      at: Object.fromEntries(at),
    };
  }

  #rightAt(c: number, d: number, level: number): number {
    return this.#right[(c * boxOverlaps.length + d) * levels + level];
  }

  /** The level with the most right maps of all classes; of several the lowest. */
  #bestLevel(d: number): { level: number; right: number } {
    let best = { level: 0, right: -1 };
    for (let level = 0; level < levels; level++) {
      const right = this.#classes.reduce((sum, _, c) => sum + this.#rightAt(c, d, level), 0);
      if (right > best.right) best = { level, right };
    }
    return best;
  }
}

/**
 * The best intersection over union of a box around a part of the map and an object's, by level t:
 * the part's pixels are above t, of 256 values.
 *
 * @returns  [255].
 */
export function bestOverlaps(
  map: Float32Array,
  boxes: readonly Rectangle[],
  parts: "all" | "largest" = "all",
): Float64Array {
  const size = Math.sqrt(map.length);
  const pixels = pixelsByLevel(minMaxScaled(map));
  const components = new Components(size, size);
  const overlaps = new Float64Array(levels);
  for (let level = levels - 1; level >= 0; level--) {
    const fresh = pixels[level + 1];
    if (fresh.length === 0) {
      overlaps[level] = level === levels - 1 ? 0 : overlaps[level + 1];
      continue;
    }
    for (const pixel of fresh) components.add(pixel);
    for (const root of chosenParts(components, parts)) {
      const part = components.box(root);
      for (const box of boxes) overlaps[level] = Math.max(overlaps[level], boxIou(part, box));
    }
  }
  return overlaps;
}

function chosenParts(components: Components, parts: "all" | "largest"): readonly number[] {
  const roots = components.roots();
  if (parts === "all") return roots;
  const most = roots.reduce((size, root) => Math.max(size, components.size(root)), 0);
  return roots.filter((root) => components.size(root) === most);
}

/** Pixels of each of the 256 values. */
function pixelsByLevel(scaled: Float64Array): number[][] {
  const pixels: number[][] = Array.from({ length: levels + 1 }, () => []);
  for (let i = 0; i < scaled.length; i++) pixels[Math.floor(scaled[i] * levels)].push(i);
  return pixels;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
