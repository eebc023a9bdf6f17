import { expect, test } from "vitest";
import type { Dataset, Sample } from "../types.ts";
import { cooccurrence, lowerBound, tagBiasFindings } from "./tagBias.ts";

/** A data set of a training split: `counts` pictures with each list of tags. */
function dataset(
  classes: readonly string[],
  counts: readonly (readonly [number, string])[],
): Dataset {
  const train = counts.flatMap(([count, tags], row) =>
    Array.from({ length: count }, (_, i): Sample => {
      const names = tags === "" ? [] : tags.split(" ");
      const id = `${row}-${i}`;
      return { id, image: `/${id}.jpg`, tags: names.map((name) => classes.indexOf(name)) };
    }),
  );
  return {
    root: "/data",
    format: "folders",
    classes,
    maskLabels: new Uint8Array(256),
    splits: { train },
  };
}

test("co-occurrence counts pictures with both tags, and with one on the diagonal", () => {
  expect(cooccurrence([[0, 1], [0], [], [0, 1, 2]], 3)).toEqual([
    [3, 2, 1],
    [2, 2, 1],
    [1, 1, 1],
  ]);
});

test("the lower bound is Wilson's", () => {
  // scipy.stats.binomtest(count, n).proportion_ci(0.9, "wilson").low
  expect(lowerBound(11, 11)).toBeCloseTo(0.8025949526804821, 9);
  expect(lowerBound(90, 100)).toBeCloseTo(0.8396444903889078, 9);
  expect(lowerBound(0, 20)).toBeCloseTo(0, 12);
  expect(lowerBound(0, 0)).toBe(0);
});

test("a tag that is never without another is told, with the way out", () => {
  const findings = tagBiasFindings(
    dataset(
      ["boat", "water"],
      [
        [11, "boat water"],
        [30, "water"],
        [40, ""],
      ],
    ),
  );
  expect(findings).toEqual([
    {
      file: "/data",
      reason:
        'all 11 pictures with "boat" have "water" (at least 80 % at 95 % confidence): the network may tell "water" by "boat"',
      fix: 'Add pictures of "boat" without "water", or masks that show both (--guidance extra)',
      kind: "tags-never-part",
      severity: "warning",
    },
  ]);
});

test("too few pictures raise no alarm", () => {
  expect(
    tagBiasFindings(
      dataset(
        ["boat", "water"],
        [
          [10, "boat water"],
          [30, "water"],
          [40, ""],
        ],
      ),
    ),
  ).toEqual([]);
});

test("nearly always is told with its counts; two that never part are one finding", () => {
  const findings = tagBiasFindings(
    dataset(
      ["horse", "saddle"],
      [
        [95, "horse saddle"],
        [5, "horse"],
        [2, "saddle"],
        [100, ""],
      ],
    ),
  );
  expect(findings.map(({ reason, fix }) => [reason, fix])).toEqual([
    [
      '95 of 97 pictures with "saddle" have "horse" (at least 93 % at 95 % confidence), and 95 of 100 with "horse" have "saddle": the network may tell "horse" by "saddle"',
      "Add pictures of each without the other, or masks that show both (--guidance extra)",
    ],
  ]);
});

test("a tag that is as frequent elsewhere is no sign of the other", () => {
  expect(
    tagBiasFindings(
      dataset(
        ["sky", "kite"],
        [
          [38, "sky kite"],
          [2, "kite"],
          [97, "sky"],
          [3, ""],
        ],
      ),
    ),
  ).toEqual([]);
});

test("a class that every picture has is told once, and not with each other class", () => {
  const findings = tagBiasFindings(
    dataset(
      ["sky", "kite"],
      [
        [20, "sky kite"],
        [20, "sky"],
      ],
    ),
  );
  expect(findings).toEqual([
    {
      file: "/data",
      reason: 'all 40 pictures to train on have "sky"',
      fix: "Add pictures without it: what every picture has cannot be learnt",
      kind: "class-in-every-picture",
      severity: "warning",
    },
  ]);
});
