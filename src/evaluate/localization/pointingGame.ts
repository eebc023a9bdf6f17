/** Whether the highest place of a map lies on an object. */
import { type Measured, PerClass } from "../perClass.ts";
import type { Objects } from "./objects.ts";

/**
 * The pointing game (Zhang et al. 2016, "Top-down Neural Attention by Excitation Backprop", 4.1):
 * the share of maps whose maximum falls on an object of the class, any of several, or within a
 * tolerance of one. A map of a class that is there but has no maximum, because it is blank, misses.
 *
 *   Acc = hits / (hits + misses),   mean over the classes
 *
 * With many objects in a picture chance hits more; the energy-based game suffers less from it.
 */
export class PointingGame {
  readonly #tolerance: number;
  readonly #hits: PerClass;

  /**
   * @param classes            Names.
   * @param options.tolerance  Pixels of the picture as it is; a hit is nearer than this (TorchRay's
   *                           rule). 15, as in the paper, is much for pictures of a few hundred
   *                           pixels, and most of a small one.
   */
  constructor(
    classes: readonly string[],
    { tolerance = 15 }: { readonly tolerance?: number } = {},
  ) {
    if (!(tolerance >= 0)) {
      throw new RangeError(`PointingGame: tolerance must be at least 0; got ${tolerance}.`);
    }
    this.#tolerance = tolerance;
    this.#hits = new PerClass(classes);
  }

  /** @param map  At least 0, [S, S]; of equal maxima the first counts. */
  add(classIndex: number, map: Float32Array, objects: Objects): void {
    this.#hits.add(classIndex, this.#isHit(map, objects) ? 1 : 0);
  }

  result(): Measured {
    return this.#hits.result("classes");
  }

  #isHit(map: Float32Array, { region, original }: Objects): boolean {
    let top = 0;
    for (let i = 1; i < map.length; i++) if (map[i] > map[top]) top = i;
    if (!(map[top] > 0)) return false;
    if (region[top] === 1) return true;
    const size = Math.sqrt(map.length);
    // Lengths of a pixel of the map in pixels of the picture.
    const [across, down] = [original.width / size, original.height / size];
    const [x, y] = [top % size, Math.floor(top / size)];
    for (let i = 0; i < region.length; i++) {
      if (region[i] !== 1) continue;
      const dx = ((i % size) - x) * across;
      const dy = (Math.floor(i / size) - y) * down;
      if (dx * dx + dy * dy < this.#tolerance ** 2) return true;
    }
    return false;
  }
}
