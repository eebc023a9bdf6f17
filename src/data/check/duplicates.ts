/** The same picture twice: its bytes, its pixels, or nearly so. */

import { basename } from "node:path";
import type { Dataset, Sample } from "../types.ts";
import { type Finding, finding } from "./finding.ts";
import { type Inspection, pixelDigest } from "./inspectPicture.ts";
import { visitNearPairs } from "./nearPairs.ts";
import { correlation, greyOf, hashRadius } from "./perceptualHash.ts";

/**
 * Least correlation of the thumbnails of one picture's copies.
 *
 * On 3,353 photographs of VOC 2012, none of the 5.6 million pairs passes this and `hashRadius`. Of
 * copies of 305 of them all that were re-encoded, scaled, stretched, blurred, grey, or lighter or
 * darker by a quarter do, with a crop of 2 % of the sides too; 98 % with a crop of 5 %, 34 % of 10 %.
 * At 0.85, drawn scenes in one setting (`gain sample --kind camera`) pass as well.
 */
const copyCorrelation = 0.92;

/** One picture, with everything that its copies are judged by. */
interface Member {
  readonly sample: Sample;
  readonly picture: Inspection;
  /** The splits that list it. */
  readonly splits: ReadonlySet<string>;
}

/**
 * Copies across splits, where pictures to measure with have been trained on; copies with different
 * tags; and other copies.
 */
export async function duplicateFindings(
  dataset: Dataset,
  pictures: ReadonlyMap<string, Inspection>,
): Promise<Finding[]> {
  const splits = splitsByImage(dataset);
  const members = samplesByImage(dataset).flatMap((sample): Member[] => {
    const picture = pictures.get(sample.image);
    const names = splits.get(sample.image);
    return picture && names ? [{ sample, picture, splits: names }] : [];
  });
  const exact = await exactGroups(members);
  // One of each group stands for it among those that are nearly the same.
  const near = nearGroups(exact.map(([first]) => first));
  const copiesOf = new Map(exact.map((group) => [group[0], group]));
  const tell = teller(dataset);
  return [
    ...picturesInTwoSplits(members),
    ...exact.flatMap((group) => tell(group, exactWords)),
    ...near.flatMap((group) => {
      const all = group.flatMap((member) => copiesOf.get(member) ?? []);
      return tell(all, nearWords);
    }),
  ];
}

interface Words {
  readonly acrossSplits: "duplicate-across-splits" | "near-duplicate-across-splits";
  readonly tagsDiffer: "duplicate-tags-differ" | "near-duplicate-tags-differ";
  readonly within: "duplicate" | "near-duplicate";
  relation(a: Member, b: Member): string;
}

const isSameFile = (a: Member, b: Member): boolean => a.picture.digest === b.picture.digest;

const exactWords: Words = {
  acrossSplits: "duplicate-across-splits",
  tagsDiffer: "duplicate-tags-differ",
  within: "duplicate",
  relation: (a, b) => (isSameFile(a, b) ? "has the same bytes as" : "has the same pixels as"),
};

const nearWords: Words = {
  acrossSplits: "near-duplicate-across-splits",
  tagsDiffer: "near-duplicate-tags-differ",
  within: "near-duplicate",
  relation: (a, b) =>
    isSameFile(a, b) ? "has the same bytes as" : "is nearly the same picture as",
};

/** Findings of a group of copies; near ones that are exact copies were told before. */
function teller({
  format,
  classes,
}: Dataset): (group: readonly Member[], words: Words) => Finding[] {
  const tagsOf = ({ sample }: Member): string =>
    sample.tags.length === 0
      ? "none"
      : sample.tags.map((index) => `"${classes[index]}"`).join(", ");
  return (group, words) => {
    if (group.length < 2) return [];
    const isNew = (a: Member, b: Member): boolean => words === exactWords || !isSameFile(a, b);
    const findings: Finding[] = [];
    for (const member of group) {
      const leak = group.find((other) => isNew(member, other) && isLeak(member, other));
      if (leak === undefined) continue;
      const isSafe = isSameFile(member, leak) && tagsOf(member) === tagsOf(leak);
      const canFix =
        isSafe && (format === "table" || format === "voc") && member.splits.has("train");
      findings.push(
        finding(
          words.acrossSplits,
          {
            file: member.sample.image,
            reason: `the picture of ${namesOf(member)} ${words.relation(member, leak)} ${leak.sample.image} of ${namesOf(leak)}: figures measured with it say too much`,
            fix: `Take one of them out, best the one of ${namesOf(member)}`,
          },
          { isFixable: canFix ? true : undefined, others: [leak.sample.image] },
        ),
      );
    }
    const [first, ...rest] = group;
    const others = rest.map(({ sample }) => sample.image);
    const different = rest.find((other) => isNew(first, other) && tagsOf(other) !== tagsOf(first));
    if (different !== undefined) {
      findings.push(
        finding(
          words.tagsDiffer,
          {
            file: first.sample.image,
            reason: `the picture ${words.relation(first, different)} ${different.sample.image}, but its tags are ${tagsOf(first)}, and the other's ${tagsOf(different)}`,
            fix: "Look at both, and give them the same tags if they show the same",
          },
          { others },
        ),
      );
    }
    if (findings.length > 0) return findings;
    const more = rest.length > 1 ? ` and ${rest.length - 1} more` : "";
    return [
      finding(
        words.within,
        {
          file: first.sample.image,
          reason: `the picture ${words.relation(first, rest[0])} ${basename(rest[0].sample.image)}${more}`,
          fix: "Keep one of them, unless it is meant to count more often",
        },
        { others },
      ),
    ];
  };
}

/**
 * Whether one is told of beside the other: they lie in splits that exclude each other, and it is
 * the one to train on, or the first where neither is.
 */
function isLeak(member: Member, other: Member): boolean {
  const [own, others] = [onlyIn(member, other), onlyIn(other, member)];
  if (own.length === 0 || others.length === 0) return false;
  if (own.includes("train") || others.includes("train")) return own.includes("train");
  return member.sample.image < other.sample.image;
}

const onlyIn = (a: Member, b: Member): string[] => [...a.splits].filter((s) => !b.splits.has(s));

const namesOf = ({ splits }: Member): string =>
  [...splits].map((name) => `"${name}"`).join(" and ");

/** VOC's "trainval" holds both by design; a picture in "train" and in "val" is a mistake. */
function picturesInTwoSplits(members: readonly Member[]): Finding[] {
  return members
    .filter(({ splits }) => splits.has("train") && (splits.has("val") || splits.has("test")))
    .map(({ sample, splits }) =>
      finding("picture-in-two-splits", {
        file: sample.image,
        reason: `the picture is listed in "train" and in "${splits.has("val") ? "val" : "test"}": figures measured with it say too much`,
        fix: "Take it out of one of the lists",
      }),
    );
}

/** Groups of the same bytes or the same pixels, one for each different picture; alone where unique. */
async function exactGroups(members: readonly Member[]): Promise<Member[][]> {
  const byBytes = groupsBy(members, ({ picture }) => picture.digest);
  // Files that differ can hold the same pixels only where their thumbnails and sizes agree.
  const candidates = groupsBy(byBytes, ([{ picture }]) => {
    const { upright, thumbnail } = picture;
    return `${upright.width}x${upright.height} ${Buffer.from(thumbnail).toString("latin1")}`;
  });
  const groups: Member[][] = [];
  for (const candidate of candidates) {
    if (candidate.length === 1) {
      groups.push(...candidate);
      continue;
    }
    const digests = new Map<Member[], string>();
    for (const group of candidate) digests.set(group, await pixelDigest(group[0].sample.image));
    const same = groupsBy(candidate, (group) => digests.get(group) ?? "");
    groups.push(...same.map((parts) => parts.flat()));
  }
  return groups;
}

/** Groups of at least two that are connected by near pairs. */
function nearGroups(members: readonly Member[]): Member[][] {
  const told = members.filter(({ picture }) => !picture.isFlat);
  const hashes = Uint32Array.from(told.flatMap(({ picture }) => picture.hash));
  const parent = Int32Array.from(told.keys());
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]];
      root = parent[root];
    }
    return root;
  };
  visitNearPairs(hashes, hashRadius, (i, j) => {
    const [a, b] = [rootOf(i), rootOf(j)];
    if (a === b) return;
    const alike = likeness(told[i].picture, told[j].picture);
    if (alike >= copyCorrelation) parent[Math.max(a, b)] = Math.min(a, b);
  });
  const indices = groupsBy([...told.keys()], (i) => rootOf(i));
  return indices.filter(({ length }) => length > 1).map((group) => group.map((i) => told[i]));
}

/** Correlation of the thumbnails; without their colours where one of them has none. */
function likeness(a: Inspection, b: Inspection): number {
  if (a.isGrey === b.isGrey) return correlation(a.thumbnail, b.thumbnail);
  return correlation(greyOf(a.thumbnail), greyOf(b.thumbnail));
}

/** Groups in the order of their first members. */
function groupsBy<T, K>(items: readonly T[], keyOf: (item: T) => K): T[][] {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function splitsByImage({ splits }: Dataset): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const [name, samples] of Object.entries(splits)) {
    for (const { image } of samples) names.set(image, (names.get(image) ?? new Set()).add(name));
  }
  return names;
}

/** Each picture once, although splits may share it. */
export function samplesByImage({ splits }: Dataset): Sample[] {
  const samples = Object.values(splits).flat();
  return [...new Map(samples.map((sample) => [sample.image, sample])).values()];
}
