/** What a conversion changed, in words. */

import { basename, extname } from "node:path";
import type { ConvertFormat, Entry, Loss, Plan } from "./target.ts";

const lossTexts: Readonly<Record<Loss, string>> = {
  void: "void pixels became background",
  tagWithoutObject: "a tag of which there is no object was left out",
  objectWithoutTag: "a class that is no tag has objects, and reads as a tag",
  boxes: "boxes were left out",
  thinBox: "a box less than a pixel wide or high became a pixel",
  overlap: "objects overlap, and the smaller ones cover the others",
  touching: "objects of a class touch, and became one area",
  crowd: "a crowd was left out, and became background",
};

/** A line for each kind of change, with the number of pictures. */
export function lossNotes(
  format: ConvertFormat,
  plan: Plan,
  done: readonly Entry[],
  losses: ReadonlyMap<Loss, number>,
  turned: number,
): string[] {
  const counted = (count: number, text: string): string[] =>
    count > 0 ? [`${count} ${count === 1 ? "picture" : "pictures"}: ${text}`] : [];
  const holdsObjects = format === "coco" || format === "yolo" || format === "label-studio";
  const labelMaps = done.filter(({ sample }) => typeof sample.mask === "string").length;
  const renamed = done.filter(
    ({ name, sample: { image } }) => name !== basename(image, extname(image)),
  ).length;
  const notes = Object.entries(lossTexts).flatMap(([loss, text]) =>
    counted(losses.get(loss as Loss) ?? 0, text),
  );
  if (holdsObjects) {
    notes.push(
      ...counted(
        labelMaps,
        "the mask has classes, not objects: objects of a class that touch are one",
      ),
    );
  }
  if (format === "voc" && plan.hasMasks) {
    for (const split of plan.splits) {
      const members = done.filter(({ splits }) => splits.includes(split));
      const without = members.filter(({ sample }) => sample.mask === undefined).length;
      if (without === 0 || without === members.length) continue;
      notes.push(
        `the split "${split}" has no list in ImageSets/Segmentation: ${without} of its ${members.length} pictures have no mask`,
      );
    }
  }
  notes.push(...counted(renamed, "the file has another name"));
  notes.push(
    ...counted(
      turned,
      "an EXIF tag turns it; sizes, masks and boxes are of the upright picture, which tools that ignore the tag do not see",
    ),
  );
  return notes;
}
