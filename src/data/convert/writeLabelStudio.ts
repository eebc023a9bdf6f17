/** Label Studio's tasks, `tasks.json`, and the labelling interface that they fit, `label_config.xml`. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { XMLBuilder } from "fast-xml-parser";
import { type BitmapPart, type PixelSize, wholeBitmap } from "../regions/bitmapPart.ts";
import { encodeBrushRle } from "../regions/brushRle.ts";
import { vocPalette } from "../vocPalette.ts";
import { classListText } from "./maskFile.ts";
import { type ConvertedObject, hasVoid } from "./objects.ts";
import type { Loss, Plan, ReadPicture, Target } from "./target.ts";
import { writeJson } from "./writeJson.ts";

/**
 * A task for each picture: its tags as choices, its objects as brush strokes, objects of which only a
 * box is known as rectangles, in `annotations`, or as `predictions` that pre-fill a person's work.
 * `data.split` keeps the split, and `classes.txt` the order of the classes for `gain`.
 */
export async function labelStudioTarget(root: string, plan: Plan): Promise<Target<object>> {
  return {
    imagePath: ({ name }, extension) => `images/${name}${extension}`,
    add: async (picture) => {
      const { sample, mask, boxes, objects } = picture;
      const losses: Loss[] = [];
      if (objects.some(({ isCrowd }) => isCrowd)) losses.push("crowd");
      if (hasVoid(mask) && typeof sample.mask === "string") losses.push("void");
      // A rectangle beside a stroke would be another object.
      if (boxes && objects.some(({ part }) => part !== undefined)) losses.push("boxes");
      const shown = objects.filter(({ isCrowd }) => !isCrowd);
      return { record: task(picture, shown, plan), objects: shown.length, losses };
    },
    finish: async (records) => {
      await writeJson(join(root, "tasks.json"), records.values());
      await writeFile(join(root, "label_config.xml"), labelConfig(plan));
      await writeFile(join(root, "classes.txt"), classListText(plan.classes));
    },
  };
}

const image = "image";
const controls = { choices: "tags", brush: "masks", rectangles: "boxes" } as const;

function task(
  { file, sample, splits, width, height }: ReadPicture,
  objects: readonly ConvertedObject[],
  { classes, labelStudio: { predictions, imagePrefix } }: Plan,
): object {
  const regions = objects.map(({ classIndex, part, box }) => {
    const [key, type, value] = part
      ? [controls.brush, "brushlabels", brushValue(part, { width, height })]
      : [controls.rectangles, "rectanglelabels", rectangleValue(box, { width, height })];
    return {
      ...{ from_name: key, to_name: image, type },
      ...{ original_width: width, original_height: height, image_rotation: 0 },
      value: { ...value, [type]: [classes[classIndex]] },
    };
  });
  const choices = {
    ...{ from_name: controls.choices, to_name: image, type: "choices" },
    value: { choices: sample.tags.map((tag) => classes[tag]) },
  };
  const found = [...(sample.tags.length > 0 ? [choices] : []), ...regions];
  const result = found.map((item, i) => ({ id: `gain${i + 1}`, ...item }));
  const label = predictions ? { model_version: "gain", result } : { result };
  return {
    data: { image: imageAddress(imagePrefix, file), split: splits[0] },
    [predictions ? "predictions" : "annotations"]: [label],
  };
}

/** A path beside the tasks, or behind the prefix, encoded as part of an address. */
function imageAddress(prefix: string, file: string): string {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return prefix === "" || /[/=]$/.test(prefix) ? `${prefix}${path}` : `${prefix}/${path}`;
}

function brushValue(part: BitmapPart, size: PixelSize): object {
  return { format: "rle", rle: encodeBrushRle(wholeBitmap(part, size)) };
}

/** In percent of the picture. */
function rectangleValue(
  { left, top, right, bottom }: ConvertedObject["box"],
  { width, height }: PixelSize,
): object {
  return {
    x: (100 * left) / width,
    y: (100 * top) / height,
    width: (100 * (right - left)) / width,
    height: (100 * (bottom - top)) / height,
    rotation: 0,
  };
}

function labelConfig({ classes, hasMasks, hasBoxes }: Plan): string {
  const palette = vocPalette();
  const color = (label: number): string =>
    `#${Buffer.from(palette.subarray(3 * label, 3 * label + 3)).toString("hex")}`;
  const labels = classes.map((name, i) => ({ "@value": name, "@background": color(i + 1) }));
  const control = (name: string) => ({ "@name": name, "@toName": image });
  const view = {
    Image: { "@name": image, "@value": `$${image}` },
    ...(hasMasks && { BrushLabels: { ...control(controls.brush), Label: labels } }),
    ...(hasBoxes && { RectangleLabels: { ...control(controls.rectangles), Label: labels } }),
    Choices: {
      ...{ ...control(controls.choices), "@choice": "multiple" },
      Choice: classes.map((name) => ({ "@value": name })),
    },
  };
  const builder = new XMLBuilder({
    ...{ format: true, ignoreAttributes: false, attributeNamePrefix: "@" },
    suppressEmptyNode: true,
  });
  return builder.build({ View: view });
}
