/** COCO's instances: `annotations/instances_<split>.json` beside `images/`. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { areaOf, type PixelSize, wholeBitmap } from "../regions/bitmapPart.ts";
import { cocoRuns } from "../regions/cocoRle.ts";
import { type ConvertedObject, hasVoid } from "./objects.ts";
import { outlinesOf } from "./outlines.ts";
import {
  type Entry,
  type Loss,
  type Plan,
  type ReadPicture,
  type Target,
  tagLosses,
  type Written,
} from "./target.ts";
import { writeJson } from "./writeJson.ts";

interface CocoRecord {
  readonly image: { readonly width: number; readonly height: number; readonly file_name: string };
  readonly annotations: readonly object[];
}

/**
 * An annotation for each object, with the class i + 1 for `classes[i]`. Outlines that the data set
 * has stay as they are. Pixels become polygons along their edges, which pycocotools fills exactly;
 * an object with a hole becomes run lengths, uncompressed, which more tools take. A crowd stays one.
 */
export async function cocoTarget(root: string, plan: Plan): Promise<Target<CocoRecord>> {
  await mkdir(join(root, "annotations"));
  return {
    imagePath: ({ name }, extension) => `images/${name}${extension}`,
    add: async (picture) => record(picture),
    finish: async (records) => {
      for (const split of plan.splits) await writeSplit(root, plan, split, records);
    },
  };
}

function record(picture: ReadPicture): Written<CocoRecord> {
  const { file, width, height, objects, sample, mask, boxesLeft } = picture;
  const losses: Loss[] = tagLosses(sample.tags, objects);
  // Beside outlines, a box alone would say that an object is somewhere in it: readers make that void.
  if (boxesLeft > 0) losses.push("boxes");
  if (hasVoid(mask) && typeof sample.mask === "string") losses.push("void");
  return {
    record: {
      image: { width, height, file_name: file.slice("images/".length) },
      annotations: objects.map((object) => annotation(object, { width, height })),
    },
    objects: objects.length,
    losses,
  };
}

function annotation(object: ConvertedObject, size: PixelSize): object {
  const { classIndex, box, part, isCrowd } = object;
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  return {
    category_id: classIndex + 1,
    segmentation: segmentation(object, size),
    area: part ? areaOf(part) : width * height,
    bbox: [box.left, box.top, width, height],
    iscrowd: isCrowd ? 1 : 0,
  };
}

/** Polygons, or run lengths where there are holes or the data set has run lengths. */
function segmentation({ part, polygons, isRunLengths, isCrowd }: ConvertedObject, size: PixelSize) {
  if (part === undefined) return [];
  if (polygons && !isCrowd) return polygons.filter((ring) => ring.length >= 6);
  const parts = isRunLengths || isCrowd ? [] : outlinesOf(part);
  if (parts.length > 0 && parts.every(({ holes }) => holes.length === 0)) {
    return parts.map(({ outer }) => outer);
  }
  const counts = cocoRuns(wholeBitmap(part, size), size.width, size.height);
  return { size: [size.height, size.width], counts };
}

async function writeSplit(
  root: string,
  { classes }: Plan,
  split: string,
  records: ReadonlyMap<Entry, CocoRecord>,
): Promise<void> {
  const chosen = [...records].filter(([{ splits }]) => splits.includes(split));
  const images = chosen.map(([, { image }], i) => ({ id: i + 1, ...image }));
  let id = 0;
  function* annotations(): Generator<object> {
    for (const [i, [, { annotations: own }]] of chosen.entries()) {
      for (const item of own) yield { id: ++id, image_id: i + 1, ...item };
    }
  }
  await writeJson(join(root, "annotations", `instances_${split}.json`), {
    images,
    annotations: annotations(),
    categories: classes.map((name, i) => ({ id: i + 1, name, supercategory: name })),
  });
}
