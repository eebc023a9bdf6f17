/** Several rings as one, for formats whose objects are a single ring without holes. */

import { CornerGrid, type FoundCorner } from "./cornerGrid.ts";

/**
 * One ring that runs around all of these, over two-way cuts from each to the nearest corner of those
 * before it.
 *
 * A cut is walked there and back, so it encloses nothing: filled by the even-odd rule (COCO's, see
 * `fillPolygonsInto`), the ring is exactly what the rings are together, with holes where they lie
 * inside others. Rasterisers that draw the outline, too, such as OpenCV's `fillPoly`, draw the cuts;
 * a hole's cut lies on the object.
 *
 * @param rings  x₀, y₀, x₁, y₁, … each, that do not cross each other; the first one begins.
 */
export function joinRings(rings: readonly (readonly number[])[]): number[] {
  const filled = rings.filter(({ length }) => length > 0);
  return filled.length === 0 ? [] : walk(filled, cutsOf(filled));
}

/** A cut: to corner `corner` of ring `ring`, counted in pairs. */
interface Cut {
  readonly ring: number;
  readonly corner: number;
}

/** The cuts that leave each ring, by the corner that they leave from. */
function cutsOf(rings: readonly (readonly number[])[]): Map<number, Cut[]>[] {
  const cuts = rings.map(() => new Map<number, Cut[]>());
  const grid = new CornerGrid();
  for (const [ring, points] of rings.entries()) {
    let best: { from: FoundCorner; corner: number } | undefined;
    for (let i = 0; ring > 0 && i < points.length; i += 2) {
      const bound = best?.from.distance ?? Infinity;
      const from = grid.nearest(points[i], points[i + 1], bound);
      if (from !== undefined) best = { from, corner: i / 2 };
    }
    if (best !== undefined) {
      const { from, corner } = best;
      const here = cuts[from.ring].get(from.corner) ?? [];
      here.push({ ring, corner });
      cuts[from.ring].set(from.corner, here);
    }
    grid.add(ring, points);
  }
  return cuts;
}

/** A ring that is being walked around, from one of its corners. */
interface Visit {
  readonly ring: number;
  readonly first: number;
  /** Corners that were passed, and cuts that were taken at this one. */
  passed: number;
  taken: number;
}

/** Around the first ring, at each cut to the ring there, around it, and back. */
function walk(
  rings: readonly (readonly number[])[],
  cuts: readonly ReadonlyMap<number, readonly Cut[]>[],
): number[] {
  const points: number[] = [];
  const push = (ring: number, corner: number): void => {
    const [x, y] = rings[ring].slice(2 * corner, 2 * corner + 2);
    if (points.length === 0 || points.at(-2) !== x || points.at(-1) !== y) points.push(x, y);
  };
  const cornerOf = ({ ring, first, passed }: Visit): number =>
    (first + passed) % (rings[ring].length / 2);
  const visits: Visit[] = [{ ring: 0, first: 0, passed: 0, taken: 0 }];
  for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
    const corner = cornerOf(visit);
    if (visit.passed === rings[visit.ring].length / 2) {
      visits.pop();
      const before = visits.at(-1);
      if (before === undefined) break;
      // Back to where the ring began, and over the cut.
      push(visit.ring, corner);
      push(before.ring, cornerOf(before));
      continue;
    }
    if (visit.taken === 0) push(visit.ring, corner);
    const cut = cuts[visit.ring].get(corner)?.[visit.taken];
    if (cut === undefined) {
      visit.passed++;
      visit.taken = 0;
    } else {
      visit.taken++;
      visits.push({ ring: cut.ring, first: cut.corner, passed: 0, taken: 0 });
    }
  }
  return points;
}
