/** The cues of many pictures, and how many there are. */

import { noCue } from "./cueGrid.ts";

export interface CueSet {
  /** Side of the grids, cells. */
  readonly size: number;
  /** Class i has the label i + 1 in the grids. */
  readonly classes: readonly string[];
  /** Labels by sample id, [size, size]: 0 background, i + 1 class i, 255 no cue. */
  readonly grids: ReadonlyMap<string, Uint8Array>;
}

export interface CueCounts {
  /** Pictures with a grid. */
  readonly images: number;
  /** Cells of all grids. */
  readonly background: number;
  readonly foreground: number;
  readonly none: number;
  /** Pictures with a cue of each class, by name. */
  readonly imagesOfClass: Readonly<Record<string, number>>;
  /** Ids of pictures whose grid has no cue at all. */
  readonly withoutCue: readonly string[];
  /** Classes of which no picture has a cue. */
  readonly neverSeeded: readonly string[];
}

export function countCues({ classes, grids }: CueSet): CueCounts {
  let [background, foreground, none] = [0, 0, 0];
  const images = new Array<number>(classes.length).fill(0);
  const withoutCue: string[] = [];
  for (const [id, grid] of grids) {
    const cells = countLabels(grid);
    background += cells[0];
    none += cells[noCue];
    foreground += grid.length - cells[0] - cells[noCue];
    if (cells[noCue] === grid.length) withoutCue.push(id);
    for (let c = 0; c < classes.length; c++) if (cells[c + 1] > 0) images[c]++;
  }
  return {
    images: grids.size,
    background,
    foreground,
    none,
    imagesOfClass: Object.fromEntries(classes.map((name, c) => [name, images[c]])),
    withoutCue,
    neverSeeded: classes.filter((_, c) => images[c] === 0),
  };
}

/** Cells of each label, 256 counts. */
export function countLabels(grid: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const label of grid) counts[label]++;
  return counts;
}
