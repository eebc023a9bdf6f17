/**
 * A seeded generator of random numbers: xoshiro128** seeded by SplitMix32.
 *
 * Its whole state is four 32-bit words, so that a checkpoint can hold it.
 * Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators".
 */

export type RandomState = readonly [number, number, number, number];

export class Random {
  readonly #words = new Uint32Array(4);

  /** @param seed  An integer, of which the low 32 bits count, or a saved state. */
  constructor(seed: number | RandomState) {
    if (typeof seed === "number") {
      let z = seed >>> 0;
      for (let i = 0; i < 4; i++) {
        z = (z + 0x9e3779b9) >>> 0;
        let w = z;
        w = Math.imul(w ^ (w >>> 16), 0x85ebca6b);
        w = Math.imul(w ^ (w >>> 13), 0xc2b2ae35);
        this.#words[i] = (w ^ (w >>> 16)) >>> 0;
      }
    } else {
      this.#words.set(seed);
    }
  }

  get state(): RandomState {
    const [a, b, c, d] = this.#words;
    return [a, b, c, d];
  }

  /** A generator of its own for one purpose, which leaves this one's sequence as it is. */
  fork(label: string | number): Random {
    let hash = 0x811c9dc5;
    for (const char of String(label)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    const [a, b, c, d] = this.#words;
    return new Random(
      Math.imul(hash ^ a, 0x9e3779b1) ^
        Math.imul(b + 0x7f4a7c15, 0x85ebca6b) ^
        Math.imul(c, 0xc2b2ae35) ^
        d,
    );
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const s = this.#words;
    const product = Math.imul(s[1], 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** A number in [low, high), with 32 bits of resolution. */
  uniform(low: number = 0, high: number = 1): number {
    return low + ((high - low) * this.uint32()) / 2 ** 32;
  }

  /** An integer in [0, count). */
  int(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  /** A normally distributed number (Box-Muller, one of the pair). */
  normal(mean: number = 0, deviation: number = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)];
  }

  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
