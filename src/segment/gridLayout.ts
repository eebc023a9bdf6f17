/** Grids of labels as the network is fed them: resampled, mirrored, one plane for each label. */

import { mirrorRows } from "../data/mirrorRows.ts";
import { noCue } from "../sec/cueGrid.ts";

/**
 * A grid at another side. Places are aligned at the ends, as those of a network whose padded layers
 * keep the corners: place i of n lies at i / (n − 1). The nearest label is taken.
 */
export function resampleGrid(grid: Uint8Array, from: number, to: number): Uint8Array {
  if (from === to) return grid;
  const step = to === 1 ? 0 : (from - 1) / (to - 1);
  const source = Int32Array.from({ length: to }, (_, i) => Math.round(i * step));
  const resized = new Uint8Array(to * to);
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) resized[y * to + x] = grid[source[y] * from + source[x]];
  }
  return resized;
}

/** The mirror image, left to right. */
export function flipGrid(grid: Uint8Array, side: number): Uint8Array {
  const flipped = Uint8Array.from(grid);
  mirrorRows(flipped, side);
  return flipped;
}

/** One-hot planes [classes + 1, cells] of a grid's labels; a place without a label is 0 in all. */
export function cueRows(planes: Float32Array, grid: Uint8Array, classes: number): void {
  for (const [i, label] of grid.entries()) {
    if (label === noCue) continue;
    if (label > classes) throw new RangeError(`internal: label ${label} of ${classes} classes.`);
    planes[label * grid.length + i] = 1;
  }
}
