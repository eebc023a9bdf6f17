/** Which vertex a point of the lattice is: a hash table with open addressing on typed arrays. */

/** Numbers keys of `dimensions` integers 1, 2, 3, … in the order in which they are added. */
export class VertexTable {
  readonly #dimensions: number;
  /** Keys by vertex; row 0 stays empty. */
  #keys: Int16Array;
  /** Vertex by slot, 0 where there is none. Its length is a power of two. */
  #slots = new Int32Array(1024);
  #size = 0;

  constructor(dimensions: number) {
    this.#dimensions = dimensions;
    this.#keys = new Int16Array((this.#slots.length / 2) * dimensions);
  }

  /** Number of vertices. */
  get size(): number {
    return this.#size;
  }

  /** Coordinate `axis` of a vertex. */
  coordinate(vertex: number, axis: number): number {
    return this.#keys[vertex * this.#dimensions + axis];
  }

  /** The vertex of a key, or 0. */
  find(key: Int16Array): number {
    return this.#slots[this.#slotOf(key)];
  }

  /** The vertex of a key, a new one where there is none. */
  findOrAdd(key: Int16Array): number {
    const slot = this.#slotOf(key);
    if (this.#slots[slot] !== 0) return this.#slots[slot];
    const vertex = ++this.#size;
    this.#slots[slot] = vertex;
    this.#keys.set(key, vertex * this.#dimensions);
    // at most half of the slots are taken, so that probing stays short
    if (2 * (this.#size + 1) >= this.#slots.length) this.#grow();
    return vertex;
  }

  /** Where the key lies, or else the empty slot where it belongs. */
  #slotOf(key: Int16Array): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(key) & mask;
    while (slots[slot] !== 0 && !this.#has(slots[slot], key)) slot = (slot + 1) & mask;
    return slot;
  }

  #has(vertex: number, key: Int16Array): boolean {
    const start = vertex * this.#dimensions;
    for (let axis = 0; axis < this.#dimensions; axis++) {
      if (this.#keys[start + axis] !== key[axis]) return false;
    }
    return true;
  }

  #grow(): void {
    const keys = this.#keys;
    this.#keys = new Int16Array(2 * keys.length);
    this.#keys.set(keys);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let vertex = 1; vertex <= this.#size; vertex++) {
      const start = vertex * this.#dimensions;
      const key = keys.subarray(start, start + this.#dimensions);
      this.#slots[this.#slotOf(key)] = vertex;
    }
  }
}

/** FNV-1a's mixing of whole coordinates, then MurmurHash3's last step, which fills the low bits. */
function hashOf(key: Int16Array): number {
  let hash = -2128831035;
  for (let axis = 0; axis < key.length; axis++) hash = Math.imul(hash ^ key[axis], 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), -2048144789);
  return hash ^ (hash >>> 13);
}
