/** Filling polygons by COCO's rule, pixel for pixel as pycocotools does. */

/**
 * Sets the pixels inside at least one ring to 1 and leaves the others as they are.
 *
 * COCO's rule (`rleFrPoly` of pycocotools): a ring's corners are rounded to fifths of a pixel, its
 * edges are walked in these steps, and where one crosses the middle of a column the column changes
 * between outside and inside, from the row ceil((v − 2) / 5) on for a crossing at v fifths. So a
 * ring along pixel edges fills the pixels that it encloses, one that crosses itself fills where it
 * winds an odd number of times (a hole can be part of it), and what lies beyond the picture is cut
 * off. Here the crossings are computed, not walked to: an edge costs at most log(length) a column.
 *
 * @param bits      0 or 1, [height, width].
 * @param polygons  Rings x₀, y₀, x₁, y₁, …, pixels, closed by themselves; fewer than three corners
 *                  fill nothing.
 * @throws {RangeError} When a ring has an odd or infinite number, or `bits` another size.
 */
export function fillPolygonsInto(
  bits: Uint8Array,
  polygons: readonly (readonly number[])[],
  width: number,
  height: number,
): void {
  if (bits.length !== width * height) {
    throw new RangeError(
      `fillPolygonsInto: bits must hold width x height values; got ${bits.length} for ${width}x${height}.`,
    );
  }
  for (const ring of polygons) {
    requirePairs(ring);
    fillRing(bits, ring, width, height);
  }
}

/** Steps of the walk in a pixel. */
const fifths = 5;

function fillRing(bits: Uint8Array, ring: readonly number[], width: number, height: number): void {
  /** By column, the rows in which the column changes between outside and inside. */
  const changes = new Map<number, number[]>();
  const add = (column: number, v: number): void => {
    const row = Math.ceil((v - 2) / fifths);
    const rows = changes.get(column) ?? [];
    rows.push(Math.min(Math.max(row, 0), height));
    changes.set(column, rows);
  };
  const corners = ring.map((value) => Math.trunc(fifths * value + 0.5));
  for (let i = 0; i < corners.length; i += 2) {
    const next = (i + 2) % corners.length;
    crossings(corners[i], corners[i + 1], corners[next], corners[next + 1], width, add);
  }
  for (const [column, rows] of changes) {
    rows.sort((a, b) => a - b);
    for (let i = 0; i < rows.length; i += 2) {
      for (let y = rows[i]; y < rows[i + 1]; y++) bits[y * width + column] = 1;
    }
  }
}

/**
 * The columns of 0 to width − 1 whose middle, between u = 5 column + 2 and the next fifth, an edge
 * crosses, each with the lesser v of the two steps about it. The same edge backwards crosses alike.
 */
function crossings(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  width: number,
  add: (column: number, v: number) => void,
): void {
  const across = Math.abs(x1 - x0);
  const down = Math.abs(y1 - y0);
  const first = Math.max(0, Math.ceil((Math.min(x0, x1) - 2) / fifths));
  const last = Math.min(width - 1, Math.ceil((Math.max(x0, x1) - 2) / fifths) - 1);
  if (across >= down) {
    const [left, from, to] = x0 <= x1 ? [x0, y0, y1] : [x1, y1, y0];
    const slope = (to - from) / across;
    const v = (u: number): number => Math.trunc(from + slope * (u - left) + 0.5);
    for (let column = first; column <= last; column++) {
      const u = fifths * column + 2;
      add(column, Math.min(v(u), v(u + 1)));
    }
    return;
  }
  const [top, from, to] = y0 <= y1 ? [y0, x0, x1] : [y1, x1, x0];
  const slope = (to - from) / down;
  for (let column = first; column <= last; column++) {
    const u = fifths * column + 2;
    const isBeyond = (t: number): boolean => {
      const reached = Math.trunc(from + slope * t + 0.5);
      return slope > 0 ? reached > u : reached <= u;
    };
    add(column, top + firstOf(down, isBeyond) - 1);
  }
}

/** The least of 0 to `last` for which `holds` does, which holds for all after it, and for `last`. */
function firstOf(last: number, holds: (t: number) => boolean): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function requirePairs(ring: readonly number[]): void {
  if (ring.length % 2 !== 0) {
    throw new RangeError(
      `fillPolygonsInto: a ring must hold pairs of x and y; got ${ring.length} numbers.`,
    );
  }
  const bad = ring.find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    throw new RangeError(`fillPolygonsInto: a ring's numbers must be finite; got ${bad}.`);
  }
}
