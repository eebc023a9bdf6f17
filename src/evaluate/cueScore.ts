/** How right cues are, where there are masks to compare them with. */

import { ignoreLabel } from "../data/index.ts";
import { noCue } from "../sec/cueGrid.ts";
import { formatShape, ShapeError } from "../shape.ts";

/** Fractions in [0, 1]; null where there is nothing to count. */
export interface CueFigures {
  /** Of the cells with such a cue, those that are right. */
  readonly precision: number | null;
  /** Of the cells that are such in the masks, those with the right cue. */
  readonly recall: number | null;
}

export interface CueQuality {
  /** Pictures with a grid and a mask. */
  readonly images: number;
  /** Cells of any class. */
  readonly foreground: CueFigures;
  readonly background: CueFigures;
  /** By name. */
  readonly classes: Readonly<Record<string, CueFigures>>;
}

/** Counts cells of cue grids against masks at the cells' centres; void cells do not count. */
export class CueScore {
  readonly #classes: readonly string[];
  readonly #right: Float64Array;
  readonly #cued: Float64Array;
  readonly #true: Float64Array;
  #images = 0;

  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#right = new Float64Array(classes.length + 1);
    this.#cued = new Float64Array(classes.length + 1);
    this.#true = new Float64Array(classes.length + 1);
  }

  get images(): number {
    return this.#images;
  }

  /**
   * @param grid   0 background, i + 1 class i, 255 no cue.
   * @param truth  The mask at the cells' centres: 0 background, i + 1 class i, 255 void.
   * @throws {ShapeError} When the two do not have the same cells.
   */
  add(grid: Uint8Array, truth: Uint8Array): void {
    if (grid.length !== truth.length) {
      throw new ShapeError(
        `CueScore: grid and truth must have the same cells; got ${formatShape([grid.length])} and ${formatShape([truth.length])}.`,
      );
    }
    for (const [i, label] of grid.entries()) {
      if (truth[i] === ignoreLabel) continue;
      this.#true[truth[i]]++;
      if (label === noCue) continue;
      this.#cued[label]++;
      if (label === truth[i]) this.#right[label]++;
    }
    this.#images++;
  }

  result(): CueQuality {
    const labels = this.#classes.map((_, c) => c + 1);
    return {
      images: this.#images,
      foreground: this.#figures(labels),
      background: this.#figures([0]),
      classes: Object.fromEntries(this.#classes.map((name, c) => [name, this.#figures([c + 1])])),
    };
  }

  #figures(labels: readonly number[]): CueFigures {
    const total = (counts: Float64Array): number =>
      labels.reduce((sum, label) => sum + counts[label], 0);
    const share = (part: number, whole: number): number | null =>
      whole === 0 ? null : part / whole;
    const right = total(this.#right);
    return {
      precision: share(right, total(this.#cued)),
      recall: share(right, total(this.#true)),
    };
  }
}
