/** A folder in the layout of PASCAL VOC's devkit. */

import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { vocAnnotationText } from "../vocAnnotation.ts";
import { classListText, labelMapLosses, writeMask } from "./maskFile.ts";
import { requireFileNames } from "./names.ts";
import type { Entry, Plan, Target } from "./target.ts";

interface VocRecord {
  readonly hasMask: boolean;
}

/**
 * `JPEGImages`, masks in `SegmentationClass`, lists of tags in `ImageSets/Main`, boxes in
 * `Annotations`, and `classes.txt`, which gives the classes their mask values. A split gets a list in
 * `ImageSets/Segmentation` if all its pictures have masks; its readers want one of each.
 */
export async function vocTarget(root: string, plan: Plan): Promise<Target<VocRecord>> {
  requireFileNames(root, plan.classes, "VOC");
  const folders = ["JPEGImages", "ImageSets/Main", "ImageSets/Segmentation"];
  if (plan.hasMasks) folders.push("SegmentationClass");
  if (plan.hasBoxes) folders.push("Annotations");
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  return {
    imagePath: ({ name }, extension) => `JPEGImages/${name}${extension}`,
    add: async (picture) => {
      const { name, file, width, height, mask, boxes, objects } = picture;
      const isSegmented = mask !== undefined;
      if (mask) await writeMask(root, `SegmentationClass/${name}.png`, mask);
      if (boxes) {
        const annotation = { fileName: basename(file), width, height, isSegmented, boxes };
        const text = vocAnnotationText(annotation, plan.classes);
        await writeFile(join(root, "Annotations", `${name}.xml`), text);
      }
      const record = { hasMask: isSegmented };
      const isThin = boxes?.some(
        ({ left, top, right, bottom }) => Math.min(right - left, bottom - top) < 1 - 1e-6,
      );
      const losses = [...labelMapLosses(picture), ...(isThin ? (["thinBox"] as const) : [])];
      return { record, objects: objects.length, losses };
    },
    finish: async (records) => {
      await writeFile(join(root, "classes.txt"), classListText(plan.classes));
      for (const split of plan.splits) await writeLists(root, plan, split, records);
    },
  };
}

async function writeLists(
  root: string,
  { classes }: Plan,
  split: string,
  records: ReadonlyMap<Entry, VocRecord>,
): Promise<void> {
  const chosen = [...records].filter(([{ splits }]) => splits.includes(split));
  const main = join(root, "ImageSets/Main");
  const ids = chosen.map(([{ name }]) => `${name}\n`).join("");
  await writeFile(join(main, `${split}.txt`), ids);
  if (chosen.length > 0 && chosen.every(([, { hasMask }]) => hasMask)) {
    await writeFile(join(root, "ImageSets/Segmentation", `${split}.txt`), ids);
  }
  for (const [index, className] of classes.entries()) {
    const lines = chosen.map(
      ([{ name, sample }]) => `${name} ${sample.tags.includes(index) ? " 1" : "-1"}\n`,
    );
    await writeFile(join(main, `${className}_${split}.txt`), lines.join(""));
  }
}
