/** Which tags come together, and which so often that a network may learn one by the other. */

import type { Dataset } from "../types.ts";
import { type Finding, finding } from "./finding.ts";

/** What the share of one tag's pictures that have another must surely exceed to be told. */
const alarmingShare = 0.8;

/**
 * Pictures with both tags, [classes, classes]; the diagonal counts those with one.
 *
 * @param tagSets  Class indices of each picture.
 */
export function cooccurrence(
  tagSets: readonly (readonly number[])[],
  classes: number,
): readonly (readonly number[])[] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const tags of tagSets) for (const a of tags) for (const b of tags) counts[a][b]++;
  return counts;
}

/**
 * A warning for each pair of tags A, B where nearly all pictures with A have B: B can then be told
 * by looking at A. "Nearly" is judged by the lower confidence bound, so that 11 pictures of 11 are
 * told and 10 of 10 are not. A tag that nearly every picture has is told by itself.
 */
export function tagBiasFindings({ root, classes, splits }: Dataset): Finding[] {
  const tagSets = splits.train.map(({ tags }) => tags);
  const together = cooccurrence(tagSets, classes.length);
  const findings: Finding[] = [];
  for (const [b, name] of classes.entries()) {
    const count = together[b][b];
    if (classes.length > 1 && count === tagSets.length && count > 0) {
      findings.push(
        finding("class-in-every-picture", {
          file: root,
          reason: `all ${count} pictures to train on have "${name}"`,
          fix: "Add pictures without it: what every picture has cannot be learnt",
        }),
      );
      continue;
    }
    for (const [a, other] of classes.entries()) {
      if (a === b || !isTold(together[a][b], together[a][a], count, tagSets.length)) continue;
      // Two that never part are one finding, told from the rarer one.
      const isMutual = isTold(together[a][b], count, together[a][a], tagSets.length);
      if (isMutual && (count < together[a][a] || (count === together[a][a] && b < a))) continue;
      findings.push(
        pairFinding(root, { a: other, b: name, isMutual }, together[a][b], together[a][a], count),
      );
    }
  }
  return findings;
}

/**
 * Whether nearly all pictures with A have B, and more of them than of those without A.
 *
 * @param both   Pictures with A and B; `withA`, `withB`: with one; `all`: to train on.
 */
function isTold(both: number, withA: number, withB: number, all: number): boolean {
  const bound = lowerBound(both, withA);
  const elsewhere = all > withA ? (withB - both) / (all - withA) : 0;
  return bound >= alarmingShare && bound > elsewhere;
}

function pairFinding(
  root: string,
  { a, b, isMutual }: { a: string; b: string; isMutual: boolean },
  both: number,
  withA: number,
  withB: number,
): Finding {
  const share = both === withA ? `all ${withA}` : `${both} of ${withA}`;
  const back = isMutual ? `, and ${both} of ${withB} with "${b}" have "${a}"` : "";
  const bound = Math.floor(100 * lowerBound(both, withA));
  return finding("tags-never-part", {
    file: root,
    reason: `${share} pictures with "${a}" have "${b}" (at least ${bound} % at 95 % confidence)${back}: the network may tell "${b}" by "${a}"`,
    fix: isMutual
      ? `Add pictures of each without the other, or masks that show both (--guidance extra)`
      : `Add pictures of "${a}" without "${b}", or masks that show both (--guidance extra)`,
  });
}

/**
 * Lower end of a share's confidence interval, one-sided, 95 % (Wilson 1927):
 *
 *   (p + z²/2n − z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n),   p = count / n,   z = 1.645
 */
export function lowerBound(count: number, n: number): number {
  if (n === 0) return 0;
  const z = 1.644853627;
  const p = count / n;
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return (p + (z * z) / (2 * n) - spread) / (1 + (z * z) / n);
}
