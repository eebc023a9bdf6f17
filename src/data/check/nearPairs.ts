import { differingBits } from "./perceptualHash.ts";

/** Parts of 16 bits that a hash is looked up by. */
const parts = 4;
const partValues = 1 << 16;

/**
 * Calls `visit` once for each pair of hashes that differ in at most `radius` bits, the first index
 * below the second.
 *
 * Multi-index hashing (Norouzi, Punjani & Fleet 2012): of four parts of 16 bits, one differs in at
 * most radius / 4 bits, so each hash is looked up under the few values near each of its parts in
 * place of being compared with all others.
 *
 * @param hashes  [n, 2] words.
 */
export function visitNearPairs(
  hashes: Uint32Array,
  radius: number,
  visit: (i: number, j: number) => void,
): void {
  const count = hashes.length / 2;
  const partRadius = Math.floor(radius / parts);
  const flips = nearZero(partRadius);
  for (let part = 0; part < parts; part++) {
    const { starts, members } = bucketsOf(hashes, part);
    for (let i = 0; i < count; i++) {
      const value = partOf(hashes, i, part);
      for (const flip of flips) {
        const bucket = value ^ flip;
        for (let at = starts[bucket]; at < starts[bucket + 1]; at++) {
          const j = members[at];
          if (
            j > i &&
            distance(hashes, i, j) <= radius &&
            !isEarlier(hashes, i, j, part, partRadius)
          )
            visit(i, j);
        }
      }
    }
  }
}

function distance(hashes: Uint32Array, i: number, j: number): number {
  return (
    differingBits(hashes[2 * i], hashes[2 * j]) +
    differingBits(hashes[2 * i + 1], hashes[2 * j + 1])
  );
}

/** Whether a part before this one is near as well, so that the pair was visited there. */
function isEarlier(hashes: Uint32Array, i: number, j: number, part: number, near: number): boolean {
  for (let p = 0; p < part; p++) {
    if (differingBits(partOf(hashes, i, p), partOf(hashes, j, p)) <= near) return true;
  }
  return false;
}

function partOf(hashes: Uint32Array, i: number, part: number): number {
  return (hashes[2 * i + (part >> 1)] >>> (16 * (part & 1))) & 0xffff;
}

/** Indices sorted by a part's value, and where each value's begin. */
function bucketsOf(
  hashes: Uint32Array,
  part: number,
): { readonly starts: Uint32Array; readonly members: Uint32Array } {
  const count = hashes.length / 2;
  const starts = new Uint32Array(partValues + 1);
  for (let i = 0; i < count; i++) starts[partOf(hashes, i, part) + 1]++;
  for (let value = 0; value < partValues; value++) starts[value + 1] += starts[value];
  const next = starts.slice();
  const members = new Uint32Array(count);
  for (let i = 0; i < count; i++) members[next[partOf(hashes, i, part)]++] = i;
  return { starts, members };
}

/** All values of 16 bits with at most `radius` of them set: 1, 17, 137, 697, ... */
function nearZero(radius: number): Uint32Array {
  const values: number[] = [];
  for (let value = 0; value < partValues; value++) {
    if (differingBits(value, 0) <= radius) values.push(value);
  }
  return Uint32Array.from(values);
}
