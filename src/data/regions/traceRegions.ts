/** From a bitmap to polygons along the edges of its pixels. */

/** Pixels that hang together by their sides, as the rings around them. */
export interface TracedPart {
  /** x₀, y₀, x₁, y₁, …, pixels: the corners of the outline; points on a straight line are left out. */
  readonly outer: readonly number[];
  /** The outlines of its holes, which wind the other way. */
  readonly holes: readonly (readonly number[])[];
}

/**
 * The parts of a bitmap, each pixel with its neighbours left, right, above and below, in the order of
 * their first pixels.
 *
 * Filled by COCO's rule (`fillPolygonsInto`), a part's outline without its holes gives back exactly
 * its pixels, and so does one ring made of all of them (`joinRings`).
 *
 * @param bits  0 or 1, [height, width].
 */
export function traceRegions(bits: Uint8Array, width: number, height: number): TracedPart[] {
  const parts = labelParts(bits, width, height);
  const traced: { outer: number[]; holes: number[][] }[] = [];
  const isTopTraced = new Uint8Array(bits.length);
  // Every ring has an upper side of a pixel; a part's first one, in reading order, is the outline's.
  for (let start = 0; start < bits.length; start++) {
    const part = parts[start];
    if (part === 0 || isTopTraced[start] || (start >= width && parts[start - width] === part)) {
      continue;
    }
    const ring = traceRing(parts, width, height, start, isTopTraced);
    if (traced.length < part) traced.push({ outer: ring, holes: [] });
    else traced[part - 1].holes.push(ring);
  }
  return traced;
}

/** Steps along pixel edges, the part at the right hand: right, down, left, up. */
const stepX = [1, 0, -1, 0] as const;
const stepY = [0, 1, 0, -1] as const;

/** From a corner, the pixel ahead at the right hand of each direction; at the left hand, that of the one before. */
const aheadX = [0, -1, -1, 0] as const;
const aheadY = [0, 0, -1, -1] as const;

/** The ring that holds the upper side of pixel `start`, of which that side is a left end. */
function traceRing(
  parts: Int32Array,
  width: number,
  height: number,
  start: number,
  isTopTraced: Uint8Array,
): number[] {
  const part = parts[start];
  const [startX, startY] = [start % width, Math.floor(start / width)];
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && x < width && y >= 0 && y < height && parts[y * width + x] === part;
  const ring: number[] = [];
  let [x, y, direction, turned] = [startX, startY, 0, true];
  do {
    if (turned) ring.push(x, y);
    if (direction === 0) isTopTraced[y * width + x] = 1;
    x += stepX[direction];
    y += stepY[direction];
    // Where the part touches itself at a corner, the ring stays with its pixel.
    const left = (direction + 3) % 4;
    const before = direction;
    if (!isInside(x + aheadX[direction], y + aheadY[direction])) direction = (direction + 1) % 4;
    else if (isInside(x + aheadX[left], y + aheadY[left])) direction = left;
    turned = direction !== before;
  } while (x !== startX || y !== startY || direction !== 0);
  return ring;
}

/** For each pixel the number of its part, from 1 on, in reading order of their first pixels; 0 outside. */
function labelParts(bits: Uint8Array, width: number, height: number): Int32Array {
  const parts = new Int32Array(bits.length);
  const stack: number[] = [];
  let count = 0;
  for (let first = 0; first < bits.length; first++) {
    if (bits[first] === 0 || parts[first] !== 0) continue;
    count++;
    parts[first] = count;
    stack.push(first);
    for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
      const x = pixel % width;
      const neighbors = [
        x > 0 ? pixel - 1 : pixel,
        x < width - 1 ? pixel + 1 : pixel,
        pixel >= width ? pixel - width : pixel,
        pixel < width * (height - 1) ? pixel + width : pixel,
      ];
      for (const neighbor of neighbors) {
        if (bits[neighbor] === 0 || parts[neighbor] !== 0) continue;
        parts[neighbor] = count;
        stack.push(neighbor);
      }
    }
  }
  return parts;
}
