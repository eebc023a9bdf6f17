/** Corners of rings, found again by their place. */

export interface FoundCorner {
  readonly ring: number;
  /** Counted in pairs. */
  readonly corner: number;
  /** Squared, pixels². */
  readonly distance: number;
}

/** Side of a cell, pixels: outlines have a few corners in each. */
const cellSide = 8;

export class CornerGrid {
  readonly #cells = new Map<string, { ring: number; corner: number; x: number; y: number }[]>();
  #extent = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };

  /** Adds all corners of a ring x₀, y₀, x₁, y₁, …. */
  add(ring: number, points: readonly number[]): void {
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [points[i], points[i + 1]];
      const [u, v] = [Math.floor(x / cellSide), Math.floor(y / cellSide)];
      const key = `${u},${v}`;
      const cell = this.#cells.get(key) ?? [];
      cell.push({ ring, corner: i / 2, x, y });
      this.#cells.set(key, cell);
      const { left, top, right, bottom } = this.#extent;
      this.#extent = {
        left: Math.min(left, u),
        top: Math.min(top, v),
        right: Math.max(right, u),
        bottom: Math.max(bottom, v),
      };
    }
  }

  /** The nearest corner whose squared distance is less than `bound`, if there is one. */
  nearest(x: number, y: number, bound: number): FoundCorner | undefined {
    const [u, v] = [Math.floor(x / cellSide), Math.floor(y / cellSide)];
    const { left, top, right, bottom } = this.#extent;
    const farthest = Math.max(u - left, right - u, v - top, bottom - v);
    let best: FoundCorner | undefined;
    let limit = bound;
    // Cells in growing squares; those of square n are at least n - 1 sides away.
    for (let n = 0; n <= farthest && (Math.max(0, n - 1) * cellSide) ** 2 < limit; n++) {
      for (const [cu, cv] of square(u, v, n)) {
        for (const { ring, corner, x: cx, y: cy } of this.#cells.get(`${cu},${cv}`) ?? []) {
          const distance = (cx - x) ** 2 + (cy - y) ** 2;
          if (distance < limit) {
            limit = distance;
            best = { ring, corner, distance };
          }
        }
      }
    }
    return best;
  }
}

/** The cells whose greater distance from (u, v), across or down, is n. */
function* square(u: number, v: number, n: number): Generator<readonly [number, number]> {
  if (n === 0) {
    yield [u, v];
    return;
  }
  for (let d = -n; d <= n; d++) {
    yield [u + d, v - n];
    yield [u + d, v + n];
  }
  for (let d = 1 - n; d < n; d++) {
    yield [u - n, v + d];
    yield [u + n, v + d];
  }
}
