/** Connected components of pixels that come one after another. */

/** A rectangle in pixels; `right` and `bottom` are exclusive. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Marks a pixel that has not come yet. */
const absent = -1;

/**
 * The 8-connected components of a growing set of pixels, with the bounding box and size of each: a
 * union-find whose roots keep them, so that all thresholds of a map cost one pass over its pixels.
 */
export class Components {
  readonly #width: number;
  readonly #height: number;
  /** Of each pixel its parent, itself for a root. */
  readonly #parents: Int32Array;
  readonly #sizes: Int32Array;
  /** Of each root left, top, right and bottom, inclusive. */
  readonly #sides: Int32Array;
  #roots: number[] = [];

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#parents = new Int32Array(width * height).fill(absent);
    this.#sizes = new Int32Array(width * height);
    this.#sides = new Int32Array(4 * width * height);
  }

  /** Adds a pixel that is not there yet, row · width + column. */
  add(pixel: number): void {
    const [width, height] = [this.#width, this.#height];
    const x = pixel % width;
    const y = (pixel - x) / width;
    this.#parents[pixel] = pixel;
    this.#sizes[pixel] = 1;
    for (let side = 0; side < 4; side++) this.#sides[4 * pixel + side] = side % 2 === 0 ? x : y;
    this.#roots.push(pixel);
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) {
        const neighbor = v * width + u;
        if (this.#parents[neighbor] !== absent) this.#unite(pixel, neighbor);
      }
    }
  }

  /** One pixel of each component. */
  roots(): readonly number[] {
    this.#roots = this.#roots.filter((pixel) => this.#parents[pixel] === pixel);
    return this.#roots;
  }

  /** Pixels of the component of a root. */
  size(root: number): number {
    return this.#sizes[root];
  }

  box(root: number): Rectangle {
    const [left, top, right, bottom] = this.#sides.subarray(4 * root, 4 * root + 4);
    return { left, top, right: right + 1, bottom: bottom + 1 };
  }

  #unite(a: number, b: number): void {
    const [first, second] = [this.#find(a), this.#find(b)];
    if (first === second) return;
    const isLarger = this.#sizes[first] >= this.#sizes[second];
    const [root, child] = isLarger ? [first, second] : [second, first];
    const sides = this.#sides;
    this.#parents[child] = root;
    this.#sizes[root] += this.#sizes[child];
    for (let side = 0; side < 4; side++) {
      const [own, other] = [sides[4 * root + side], sides[4 * child + side]];
      sides[4 * root + side] = side < 2 ? Math.min(own, other) : Math.max(own, other);
    }
  }

  #find(pixel: number): number {
    const parents = this.#parents;
    let root = pixel;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]];
      root = parents[root];
    }
    return root;
  }
}

/** Bounding boxes of the 8-connected components of the pixels that are 1, in order of their first. */
export function componentBoxes(region: Uint8Array, width: number): Rectangle[] {
  const components = new Components(width, region.length / width);
  for (let pixel = 0; pixel < region.length; pixel++) {
    if (region[pixel] === 1) components.add(pixel);
  }
  return components.roots().map((root) => components.box(root));
}

/** Intersection over union of two rectangles, of areas. */
export function boxIou(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const both = Math.max(0, width) * Math.max(0, height);
  const either = area(a) + area(b) - both;
  return either > 0 ? both / either : 0;
}

const area = ({ left, top, right, bottom }: Rectangle): number => (right - left) * (bottom - top);
