/** How much of a map lies on the objects of its class. */
import { ignoreLabel } from "../../data/types.ts";
import { type Measured, PerClass } from "../perClass.ts";
import type { Objects } from "./objects.ts";

/**
 * The energy-based pointing game (Wang et al. 2020, "Score-CAM", 4.2), of masks as of boxes.
 *
 *   proportion = Σ_{object} A / (Σ_{object} A + Σ_{elsewhere} A),   mean over all maps
 *
 * Void pixels count on neither side; a blank map has proportion 0. It differs from the `energy` of
 * `AttentionScore`, for which an object of any class will do.
 */
export class EnergyGame {
  readonly #shares: PerClass;

  /** @param classes  Names. */
  constructor(classes: readonly string[]) {
    this.#shares = new PerClass(classes);
  }

  /** @param map  At least 0, [S, S]. */
  add(classIndex: number, map: Float32Array, { region }: Objects): void {
    let [inside, everywhere] = [0, 0];
    for (let i = 0; i < map.length; i++) {
      if (region[i] === ignoreLabel) continue;
      everywhere += map[i];
      if (region[i] === 1) inside += map[i];
    }
    this.#shares.add(classIndex, everywhere > 0 ? inside / everywhere : 0);
  }

  result(): Measured {
    return this.#shares.result("maps");
  }
}
