/** Cue grids: from maps of one picture to the cells that a segmentation network is seeded with. */

import { resizeBilinear } from "../resizeBilinear.ts";
import { ShapeError } from "../shape.ts";

/** Label of a cell without a cue; 0 is background, i + 1 is class i. */
export const noCue = 255;

/** Side of SEC's grids, cells: its network's output for an input of 321. */
export const defaultCueSize = 41;

/** Planes over the same picture, one behind the other, [count, height, width]. */
export interface Planes {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
}

/**
 * One plane of `planes`, resized bilinearly to size x size. Cells tile the picture: their centres lie
 * up to 0.43 of a cell from the network's places, which are aligned at the ends, at the border.
 */
export function planeOnGrid(
  { values, height, width }: Planes,
  index: number,
  size: number,
): Float32Array {
  const plane = values.subarray(index * height * width, (index + 1) * height * width);
  return resizeBilinear(plane, height, width, size, size);
}

/**
 * The cells of an object: those where its map is above a share of the map's maximum.
 *
 * @param map         Attention on the grid, at least 0.
 * @param foreground  The share; SEC's and GAIN's is 0.2.
 * @returns           1 for a cell of the object; none if the map is zero everywhere.
 */
export function foregroundCells(map: Float32Array, foreground: number = 0.2): Uint8Array {
  const threshold = foreground * highest(map);
  return Uint8Array.from(map, (value) => (value > threshold ? 1 : 0));
}

/**
 * Background where a picture is least salient, as SEC's code has it: a 3x3 median, then the lowest
 * share of the cells, `saliency < sorted[floor(share · cells)]`.
 *
 * @param saliency         On the grid, [size, size].
 * @param backgroundShare  SEC's is 0.1; 1 takes all cells but the highest.
 */
export function backgroundFromSaliency(
  saliency: Float32Array,
  size: number,
  backgroundShare: number = 0.1,
): Uint8Array {
  checkGrid("backgroundFromSaliency", saliency, size);
  const smooth = median3(saliency, size);
  const sorted = smooth.slice().sort();
  const threshold =
    sorted[Math.min(Math.floor(backgroundShare * sorted.length), sorted.length - 1)];
  return Uint8Array.from(smooth, (value) => (value < threshold ? 1 : 0));
}

/**
 * Background where the maps of all objects are below a share of their maximum; a map that is zero
 * everywhere says nothing, and nor do no maps at all.
 *
 * @param maps  Attention on the grid, one map for each object.
 */
export function backgroundFromAttention(
  maps: readonly Float32Array[],
  size: number,
  backgroundThreshold: number,
): Uint8Array {
  const speaking = maps.filter((map) => highest(map) > 0);
  const cells = new Uint8Array(size * size);
  if (speaking.length === 0) return cells;
  const thresholds = speaking.map((map) => backgroundThreshold * highest(map));
  for (let i = 0; i < cells.length; i++) {
    cells[i] = speaking.every((map, m) => map[i] < thresholds[m]) ? 1 : 0;
  }
  return cells;
}

/** The cells that one class claims. */
export interface Claim {
  readonly classIndex: number;
  readonly cells: Uint8Array;
}

/**
 * One grid from the claims. Where several classes claim a cell, the one with fewer cells has it (of
 * equals the one of lower index), and objects go before background.
 *
 * @returns  Labels, [size, size]: 0 background, i + 1 class i, 255 no cue.
 */
export function cueGrid(
  claims: readonly Claim[],
  background: Uint8Array,
  size: number,
): Uint8Array {
  checkGrid("cueGrid", background, size);
  const grid = Uint8Array.from(background, (isBackground) => (isBackground === 1 ? 0 : noCue));
  const areas = claims.map(({ cells }) => cells.reduce((sum, cell) => sum + cell, 0));
  const order = claims
    .map((_, claim) => claim)
    .sort((a, b) => areas[b] - areas[a] || claims[b].classIndex - claims[a].classIndex);
  for (const claim of order) {
    const { classIndex, cells } = claims[claim];
    checkGrid("cueGrid", cells, size);
    for (let i = 0; i < grid.length; i++) if (cells[i] === 1) grid[i] = classIndex + 1;
  }
  return grid;
}

/** The median of each cell and its eight neighbours, edges repeated, as SciPy's `median_filter`. */
function median3(plane: Float32Array, size: number): Float32Array {
  const result = new Float32Array(plane.length);
  const window = new Float32Array(9);
  const inside = (i: number): number => Math.min(Math.max(i, 0), size - 1);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let k = 0; k < 9; k++) {
        const row = inside(y + Math.floor(k / 3) - 1);
        window[k] = plane[row * size + inside(x + (k % 3) - 1)];
      }
      result[y * size + x] = window.sort()[4];
    }
  }
  return result;
}

function highest(map: Float32Array): number {
  let high = 0;
  for (const value of map) if (value > high) high = value;
  return high;
}

function checkGrid(op: string, cells: ArrayLike<number>, size: number): void {
  if (cells.length === size * size && size > 0) return;
  throw new ShapeError(
    `${op}: a grid of size ${size} must have ${size * size} cells and at least one; got ${cells.length}.`,
  );
}
