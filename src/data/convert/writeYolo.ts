/** YOLO's layout, as Ultralytics reads it: `data.yaml`, `images/<split>`, `labels/<split>`. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { boxAround } from "../formats/annotated.ts";
import { type ConvertedObject, hasVoid } from "./objects.ts";
import { singleRingOf } from "./outlines.ts";
import {
  type Loss,
  type Plan,
  type ReadPicture,
  type Target,
  tagLosses,
  type Written,
} from "./target.ts";

/**
 * Rows of polygons if any picture has a mask, else of boxes: Ultralytics drops all polygons of a
 * picture that has both. An object with holes or several parts becomes one ring (`joinRings`).
 */
export async function yoloTarget(root: string, plan: Plan): Promise<Target<undefined>> {
  for (const split of plan.splits) {
    await mkdir(join(root, "images", split), { recursive: true });
    await mkdir(join(root, "labels", split), { recursive: true });
  }
  return {
    imagePath: ({ name, splits: [split] }, extension) => `images/${split}/${name}${extension}`,
    add: async (picture) => {
      const { rows, ...written } = plan.hasMasks ? polygonRows(picture) : boxRows(picture);
      const text = rows.map((row) => `${row}\n`).join("");
      await writeFile(join(root, "labels", picture.splits[0], `${picture.name}.txt`), text);
      return written;
    },
    finish: async () => {
      const [first] = plan.splits;
      const places = Object.fromEntries(plan.splits.map((split) => [split, `images/${split}`]));
      // Readers insist on train; with --split there may be none.
      const train = places.train ?? `images/${first}`;
      const text = stringify({ ...places, train, names: plan.classes });
      await writeFile(join(root, "data.yaml"), text);
    },
  };
}

type Rows = Written<undefined> & { readonly rows: readonly string[] };

function boxRows({ objects, sample, width, height }: ReadPicture): Rows {
  const rows = objects.map(({ classIndex, box: { left, top, right, bottom } }) => {
    const centre = [(left + right) / 2 / width, (top + bottom) / 2 / height];
    const sides = [(right - left) / width, (bottom - top) / height];
    return [classIndex, ...[...centre, ...sides].map((value) => share(value, 12))].join(" ");
  });
  return { rows, record: undefined, objects: rows.length, losses: tagLosses(sample.tags, objects) };
}

function polygonRows({
  objects,
  sample,
  boxes,
  boxesLeft,
  width,
  height,
  mask,
}: ReadPicture): Rows {
  const shown = objects.filter(({ part, isCrowd }) => part !== undefined && !isCrowd);
  const rings = shown.map(ringOf);
  const rows = rings.map((ring, i) => {
    const shares = ring.map((value, n) => share(value / (n % 2 === 0 ? width : height), 7));
    return [shown[i].classIndex, ...shares].join(" ");
  });
  const losses: Loss[] = tagLosses(sample.tags, shown);
  if (hasVoid(mask) && typeof sample.mask === "string") losses.push("void");
  if (objects.some(({ isCrowd }) => isCrowd)) losses.push("crowd");
  const isOther = (ring: readonly number[], i: number): boolean => !isAround(shown[i].box, ring);
  const lacksPart = objects.some(({ part }) => part === undefined);
  if (boxes && (boxesLeft > 0 || lacksPart || rings.some(isOther))) losses.push("boxes");
  return { rows, record: undefined, objects: rows.length, losses };
}

/** Whether a box is what readers make of the ring. */
function isAround(
  { left, top, right, bottom }: ConvertedObject["box"],
  ring: readonly number[],
): boolean {
  const around = boxAround([ring]);
  const differences = around && [
    around.left - left,
    around.top - top,
    around.right - right,
    around.bottom - bottom,
  ];
  return differences?.every((difference) => Math.abs(difference) < 1e-6) === true;
}

/** The file's own outline if it is a single ring, in pixels. */
function ringOf({ polygons, part }: ConvertedObject): readonly number[] {
  if (polygons?.length === 1 && polygons[0].length >= 6) return polygons[0];
  return part ? singleRingOf(part) : [];
}

/**
 * A share of a side with so many decimals, without zeros at the end. Seven keep a corner within a
 * tenth of COCO's fifth of a pixel up to sides of 100,000 pixels; twelve keep a box to 1e-6 pixels.
 */
function share(value: number, decimals: number): string {
  return String(Number(Math.min(Math.max(value, 0), 1).toFixed(decimals)));
}
