/** Maps that show nothing: counted, so that figures can be explained. */

/** What became of the maps of one class. */
export interface MapCounts {
  readonly maps: number;
  /** Zero everywhere: whatever the layer shows speaks against the class, or does not matter to it. */
  readonly blank: number;
  /** With NaN or Infinity in them or in the class's score: the weights have diverged. */
  readonly notFinite: number;
}

/** A map that is no good, so that it can be looked at. */
export interface MapExample {
  readonly id: string;
  readonly class: string;
}

export interface BlankResult extends MapCounts {
  readonly perClass: Readonly<Record<string, MapCounts>>;
  /** Mean score (before the sigmoid) of the classes whose maps are blank; `null` without any. */
  readonly meanScoreOfBlank: number | null;
  readonly firstBlank: MapExample | null;
  readonly firstNotFinite: MapExample | null;
}

export type MapState = "sound" | "blank" | "notFinite";

export class BlankMaps {
  readonly #classes: readonly string[];
  readonly #counts: { maps: number; blank: number; notFinite: number }[];
  readonly #first: { blank: MapExample | null; notFinite: MapExample | null } = {
    blank: null,
    notFinite: null,
  };
  #scores = 0;

  /** @param classes  Names. */
  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#counts = classes.map(() => ({ maps: 0, blank: 0, notFinite: 0 }));
  }

  /**
   * Counts the map of a class of a picture, and says what it is.
   *
   * @param score  The class's logit. Where it is no number the map is none either, though a ReLU may
   *               have made zeros of it.
   */
  add(classIndex: number, map: Float32Array, score: number, id: string): MapState {
    const counts = this.#counts[classIndex];
    counts.maps++;
    const state = stateOf(map, score);
    if (state === "sound") return state;
    counts[state]++;
    this.#first[state] ??= { id, class: this.#classes[classIndex] };
    if (state === "blank") this.#scores += score;
    return state;
  }

  result(): BlankResult {
    const total = (key: keyof MapCounts): number =>
      this.#counts.reduce((sum, counts) => sum + counts[key], 0);
    const blank = total("blank");
    return {
      maps: total("maps"),
      blank,
      notFinite: total("notFinite"),
      perClass: Object.fromEntries(this.#classes.map((name, c) => [name, { ...this.#counts[c] }])),
      meanScoreOfBlank: blank === 0 ? null : this.#scores / blank,
      firstBlank: this.#first.blank,
      firstNotFinite: this.#first.notFinite,
    };
  }
}

function stateOf(map: Float32Array, score: number): MapState {
  if (!Number.isFinite(score) || !map.every(Number.isFinite)) return "notFinite";
  return map.every((value) => value === 0) ? "blank" : "sound";
}
