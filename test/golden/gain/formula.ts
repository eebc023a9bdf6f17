/**
 * Numbers by formula: parameters, pictures and masks of the golden cases, the same as in make.py,
 * so that no weights are stored.
 */
import { type Shape, sizeOf } from "../../../src/shape.ts";

/** FNV-1a of an ASCII label and the seed. */
function seedOf(seed: number, label: string): number {
  let value = 0x811c9dc5;
  for (const char of `${seed}/${label}`) {
    value = Math.imul(value ^ char.charCodeAt(0), 0x01000193);
  }
  return value >>> 0;
}

/** lowbias32 (Wellons), a mixer of 32-bit integers. */
function hashed(x: number): number {
  let h = x ^ (x >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Formula {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A sequence of integers in [0, 2^32). */
  integers(label: string): (index: number) => number {
    const seed = seedOf(this.#seed, label);
    return (index) => hashed((hashed(index) + seed) >>> 0);
  }

  /** A sequence of numbers in [-1, 1). */
  uniform(label: string): (index: number) => number {
    const integer = this.integers(label);
    return (index) => integer(index) / 2 ** 31 - 1;
  }

  /** He's deviation for weights, ±0.1 for biases. */
  parameter(name: string, shape: Shape): Float32Array {
    const scale = shape.length > 1 ? Math.sqrt(6 / sizeOf(shape.slice(1))) : 0.1;
    const value = this.uniform(name);
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = scale * value(i);
    return data;
  }

  /** [count, 3, size, size]. */
  pictures(count: number, size: number): Float32Array {
    const coarse = this.#blocks("coarse", count * 3, size, 8);
    const fine = this.#blocks("fine", count * 3, size, 1);
    return Float32Array.from(coarse, (value, i) => 1.25 * value + 0.5 * fine[i]);
  }

  /** For each pixel [pairs, size, size]: whether it is of the class, and whether it counts. */
  masks(pairs: number, size: number): { isClass: boolean[]; counts: boolean[] } {
    return {
      isClass: Array.from(this.#blocks("mask", pairs, size, 3), (value) => value > 0.3),
      counts: Array.from(this.#blocks("void", pairs, size, 4), (value) => value < 0.7),
    };
  }

  /** One number for each square of `side` pixels: [count, size, size]. */
  #blocks(label: string, count: number, size: number, side: number): Float64Array {
    const value = this.uniform(label);
    const across = Math.ceil(size / side);
    const result = new Float64Array(count * size * size);
    for (let i = 0; i < result.length; i++) {
      const x = Math.floor((i % size) / side);
      const y = Math.floor((Math.floor(i / size) % size) / side);
      const image = Math.floor(i / (size * size));
      result[i] = value((image * across + y) * across + x);
    }
    return result;
  }
}
