/** A folder in the layout of PASCAL VOC's devkit. */

import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { XMLBuilder } from "fast-xml-parser";
import { classListText, labelMapLosses, writeMask } from "./maskFile.ts";
import { requireFileNames } from "./names.ts";
import type { Entry, Plan, ReadPicture, Target } from "./target.ts";

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
      const { name, mask, boxes, objects } = picture;
      if (mask) await writeMask(root, `SegmentationClass/${name}.png`, mask);
      if (boxes) {
        const text = annotationXml(picture, plan.classes);
        await writeFile(join(root, "Annotations", `${name}.xml`), text);
      }
      const record = { hasMask: mask !== undefined };
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

/** Corners count from 1, and the last pixel is inside: left is xmin - 1, right is xmax; to 1e-6 pixels. */
function annotationXml(
  { file, width, height, mask, boxes = [] }: ReadPicture,
  classes: readonly string[],
): string {
  return new XMLBuilder({ format: true, indentBy: "\t" }).build({
    annotation: {
      folder: "VOC",
      filename: basename(file),
      size: { width, height, depth: 3 },
      segmented: mask ? 1 : 0,
      object: boxes.map(({ classIndex, left, top, right, bottom }) => ({
        name: classes[classIndex],
        pose: "Unspecified",
        truncated: 0,
        difficult: 0,
        bndbox: {
          xmin: rounded(left + 1),
          ymin: rounded(top + 1),
          // The last pixel is at least the first.
          xmax: rounded(Math.max(left + 1, right)),
          ymax: rounded(Math.max(top + 1, bottom)),
        },
      })),
    },
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
