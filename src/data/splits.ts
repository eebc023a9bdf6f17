import type { Sample } from "./types.ts";

/**
 * The splits with "train" first; without a "val", one training picture in five becomes it, chosen
 * by a hash of its id, so that a picture stays where it is when others come or go.
 */
export function completeSplits(
  given: ReadonlyMap<string, readonly Sample[]>,
): Record<string, readonly Sample[]> {
  const train = given.get("train") ?? [];
  const splits: Record<string, readonly Sample[]> = { train, ...Object.fromEntries(given) };
  if (given.has("val")) return splits;
  const val = train.filter(({ id }) => hash(id) % 5 === 0);
  if (val.length === 0 || val.length === train.length) return splits;
  return { ...splits, train: train.filter(({ id }) => hash(id) % 5 !== 0), val };
}

/** FNV-1a with murmur3's finish, because the low bits of FNV alone are uneven on short ids. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
