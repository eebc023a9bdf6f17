/** What is wrong with how pictures and classes lie in the splits. */

import { emptyClasses } from "../readDataset.ts";
import type { Dataset } from "../types.ts";
import { type Finding, finding } from "./finding.ts";

/** Pictures of the largest class for one of the smallest, from which on it is told. */
const notableImbalance = 10;

export function splitFindings(dataset: Dataset): Finding[] {
  return [
    ...emptyClasses(dataset).map((problem) => finding("class-without-pictures", problem)),
    ...emptySplits(dataset),
    ...missingClasses(dataset),
    ...imbalance(dataset),
  ];
}

function emptySplits({ root, splits }: Dataset): Finding[] {
  const fix = "Add pictures to it";
  const empty = Object.entries(splits)
    .filter(([, samples]) => samples.length === 0)
    .map(([name]) => {
      const kind = name === "train" ? "no-training-pictures" : "empty-split";
      return finding(kind, { file: root, reason: `the split "${name}" is empty`, fix });
    });
  if ("val" in splits) return empty;
  const reason = 'there is no split "val"';
  return [...empty, finding("no-validation-split", { file: root, reason, fix })];
}

/** Classes of "train" that "val" lacks, and the reverse. */
function missingClasses({ root, classes, splits }: Dataset): Finding[] {
  const { train, val = [] } = splits;
  if (train.length === 0 || val.length === 0) return [];
  const [inTrain, inVal] = [train, val].map(
    (samples) => new Set(samples.flatMap(({ tags }) => tags)),
  );
  return [...classes.entries()].flatMap(([index, name]) => {
    if (inTrain.has(index) === inVal.has(index)) return [];
    if (inTrain.has(index)) {
      return finding("class-not-in-val", {
        file: root,
        reason: `no picture of the split "val" has the class "${name}"`,
        fix: "Move some there: what is not there is not measured",
      });
    }
    return finding("class-not-in-train", {
      file: root,
      reason: `no picture of the split "train" has the class "${name}", but some of "val" have it`,
      fix: "Move some there: what is not there is not learnt",
    });
  });
}

function imbalance({ root, classes, splits }: Dataset): Finding[] {
  const counts = classes.map((name, index) => ({
    name,
    count: splits.train.filter(({ tags }) => tags.includes(index)).length,
  }));
  const used = counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const [most, fewest] = [used[0], used.at(-1)];
  if (!most || !fewest || most.count < notableImbalance * fewest.count) return [];
  return [
    finding("class-imbalance", {
      file: root,
      reason: `${most.count} pictures to train on have "${most.name}", and ${fewest.count} "${fewest.name}"`,
      fix: "Add pictures of the rare class, and read the figures by class: the mean hides it",
    }),
  ];
}
