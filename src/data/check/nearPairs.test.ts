import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { visitNearPairs } from "./nearPairs.ts";
import { differingBits } from "./perceptualHash.ts";

/** Random hashes, of which each second one is another's with 0 to 15 bits flipped. */
function hashesOf(count: number, random: Random): Uint32Array {
  const word = (): number => Math.floor(random.uniform(0, 2 ** 32));
  const hashes = Uint32Array.from({ length: 2 * count }, word);
  for (let i = 1; i < count; i += 2) {
    hashes.set(hashes.subarray(2 * i - 2, 2 * i), 2 * i);
    for (let flips = random.uniform(0, 16); flips >= 1; flips--) {
      const bit = Math.floor(random.uniform(0, 64));
      hashes[2 * i + (bit >> 5)] ^= 1 << (bit & 31);
    }
  }
  return hashes;
}

test("the pairs are those of comparing all with all, each once", () => {
  const hashes = hashesOf(400, new Random(3));
  for (const radius of [0, 3, 4, 10, 13]) {
    const expected: string[] = [];
    for (let i = 0; i < 400; i++) {
      for (let j = i + 1; j < 400; j++) {
        const bits =
          differingBits(hashes[2 * i], hashes[2 * j]) +
          differingBits(hashes[2 * i + 1], hashes[2 * j + 1]);
        if (bits <= radius) expected.push(`${i} ${j}`);
      }
    }
    const found: string[] = [];
    visitNearPairs(hashes, radius, (i, j) => found.push(`${i} ${j}`));
    expect(found.sort()).toEqual(expected.sort());
    expect(found.length).toBeGreaterThan(radius > 3 ? 20 : 0);
  }
});

test("no hash and one hash have no pairs", () => {
  const visit = (): never => {
    throw new Error("visited");
  };
  visitNearPairs(new Uint32Array(0), 10, visit);
  visitNearPairs(Uint32Array.of(1, 2), 10, visit);
});
