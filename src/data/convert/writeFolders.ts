/** A folder per split with one per class in it; masks under the same paths in `masks/`. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "../problem.ts";
import { classListText, labelMapLosses, writeMask } from "./maskFile.ts";
import { requireFileNames } from "./names.ts";
import type { Entry, Loss, Plan, Target } from "./target.ts";

/** @throws {DataError} When a picture has no tag or several, or a class cannot name a folder. */
export async function foldersTarget(root: string, plan: Plan): Promise<Target<undefined>> {
  requireFileNames(root, plan.classes, "the folder layout");
  requireSingleTags(plan);
  // The readers take folders for splits if one of them is "train".
  const isFlat = !plan.splits.includes("train") && plan.splits.length === 1;
  const splits = isFlat ? [""] : [...new Set(["train", ...plan.splits])];
  for (const split of splits) {
    for (const className of plan.classes) {
      await mkdir(join(root, split, className), { recursive: true });
    }
  }
  const pathOf = ({ name, splits: [split], sample }: Entry): string =>
    [...(isFlat ? [] : [split]), plan.classes[sample.tags[0]], name].join("/");
  return {
    imagePath: (entry, extension) => `${pathOf(entry)}${extension}`,
    add: async (picture) => {
      const { mask, objects, boxes } = picture;
      if (mask) await writeMask(root, `masks/${pathOf(picture)}.png`, mask);
      const losses: Loss[] = [...labelMapLosses(picture), ...(boxes ? (["boxes"] as const) : [])];
      return { record: undefined, objects: objects.length, losses };
    },
    finish: async () => {
      await writeFile(join(root, "classes.txt"), classListText(plan.classes));
    },
  };
}

function requireSingleTags({ entries, classes }: Plan): void {
  const bad = entries.find(({ sample }) => sample.tags.length !== 1);
  if (bad === undefined) return;
  const { image, tags } = bad.sample;
  const found = tags.map((tag) => classes[tag]).join(", ");
  throw new ProblemError(
    image,
    `a folder per class holds pictures with one tag each, and this one has ${found || "none"}`,
    "Choose classes of which each picture has one (--classes), or convert to voc or table",
  );
}
