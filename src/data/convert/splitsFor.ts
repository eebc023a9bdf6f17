/** Which splits of a data set a format can hold, and with which pictures. */

import { samplesOf } from "../samplesOf.ts";
import type { Dataset, Sample } from "../types.ts";
import type { ConvertFormat } from "./target.ts";

export interface PlannedSplits {
  /** By name, those without pictures left out. */
  readonly splits: ReadonlyMap<string, readonly Sample[]>;
  /** What was left out or renamed, a line each. */
  readonly notes: readonly string[];
}

/**
 * VOC's lists hold everything. Elsewhere a split is left out if its pictures are all in others, as in
 * VOC's trainval; a file per picture can be in one split only; YOLO and folders have train, val and
 * test.
 *
 * @param asked  The only split to take; all of them by default.
 * @throws {DataError} When the split asked for does not exist or is empty.
 */
export function splitsFor(
  format: ConvertFormat,
  dataset: Dataset,
  asked: string | undefined,
): PlannedSplits {
  const given =
    asked === undefined ? ordered(dataset) : [[asked, samplesOf(dataset, asked)] as const];
  const notes: string[] = [];
  const splits = new Map<string, readonly Sample[]>();
  const placed = new Set<string>();
  for (const [split, samples] of given) {
    const others = samples.filter(({ id }) => !placed.has(id));
    if (format !== "voc" && others.length === 0) {
      notes.push(`the split "${split}" was left out: all its pictures are in others`);
      continue;
    }
    if (hasThreeSplits.has(format) && asked === undefined && !threeSplits.includes(split)) {
      notes.push(
        `the split "${split}" was left out, of whose pictures ${others.length} are in no other: ${format} has ${threeSplits.join(", ")}`,
      );
      continue;
    }
    const isShared = format === "voc" || format === "coco";
    if (!isShared && others.length < samples.length) {
      notes.push(
        `${samples.length - others.length} of the pictures of the split "${split}" are in another, and stay there only`,
      );
    }
    const name = nameFor(format, split);
    if (name !== split) notes.push(`the split "${split}" is called "${name}"`);
    splits.set(name, isShared ? samples : others);
    for (const { id } of samples) placed.add(id);
  }
  return { splits, notes };
}

const threeSplits: readonly string[] = ["train", "val", "test"];
const hasThreeSplits: ReadonlySet<ConvertFormat> = new Set(["yolo", "folders"]);

/** Those with pictures, train, val and test first. */
function ordered({ splits }: Dataset): (readonly [string, readonly Sample[]])[] {
  const rank = (name: string): number => {
    const index = threeSplits.indexOf(name);
    return index < 0 ? threeSplits.length : index;
  };
  return Object.entries(splits)
    .filter(([, samples]) => samples.length > 0)
    .sort(([a], [b]) => rank(a) - rank(b));
}

function nameFor(format: ConvertFormat, split: string): string {
  const safe = split.replace(/[\p{Cc}\\/:*?"<>|\s]/gu, "-");
  // In VOC, "_" parts a class from a split.
  if (format === "voc") return safe.replaceAll("_", "-");
  // COCO's readers take train2017 for train: other names that begin alike must not.
  const isLike = /^(train|val|test)./i.test(safe);
  if (format === "coco" && isLike) return `split-${safe}`;
  return format === "coco" ? safe : split;
}
