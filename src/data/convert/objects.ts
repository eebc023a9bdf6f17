/** The objects of a picture, from its mask and its boxes. */

import { pixelBoxes, readBoxes } from "../boxes.ts";
import { drawRegions } from "../drawRegions.ts";
import {
  areaOf,
  type BitmapPart,
  boxOf,
  type PixelSize,
  partOf,
  united,
} from "../regions/bitmapPart.ts";
import type { Box, DrawnMask, LabelMap, Region, Sample } from "../types.ts";
import { ignoreLabel } from "../types.ts";
import { connectedObjects } from "./connectedObjects.ts";

export interface ConvertedObject {
  readonly classIndex: number;
  /** Pixels of the picture; `right` and `bottom` are exclusive. */
  readonly box: Readonly<Record<"left" | "top" | "right" | "bottom", number>>;
  /** Its pixels; without, only its box is known. */
  readonly part?: BitmapPart;
  /** Its outline as its file has it, pixels, and whether that is polygons or run lengths. */
  readonly polygons?: readonly (readonly number[])[];
  readonly isRunLengths?: boolean;
  /** Stands for many objects, as in COCO. */
  readonly isCrowd?: boolean;
}

/**
 * Regions of another tool's file are the objects as they are. Of a label map, objects are the
 * connected pixels of a class, diagonals included; where there are boxes, those that lie mostly in
 * the same box are one, and the box is theirs. A picture without a mask has an object for each box.
 *
 * @param mask        The sample's mask, decoded.
 * @param boxes       The sample's boxes in pixels.
 * @param maskLabels  `Dataset.maskLabels`.
 * @returns  The objects, and how many boxes have no pixels of their own in the mask.
 */
export async function objectsOf(
  sample: Sample,
  size: PixelSize,
  mask: LabelMap | undefined,
  boxes: readonly Box[] | undefined,
  maskLabels: Uint8Array,
): Promise<{ objects: ConvertedObject[]; boxesLeft: number }> {
  if (mask === undefined) {
    const objects = (boxes ?? []).map(({ classIndex, ...box }) => ({ classIndex, box }));
    return { objects, boxesLeft: 0 };
  }
  if (typeof sample.mask === "object") {
    return regionObjects(sample.mask, size, boxes, maskLabels);
  }
  return groupByBox(connectedObjects(mask), boxes ?? []);
}

async function regionObjects(
  source: DrawnMask,
  size: PixelSize,
  boxes: readonly Box[] | undefined,
  maskLabels: Uint8Array,
): Promise<{ objects: ConvertedObject[]; boxesLeft: number }> {
  const chosen = source.regions.filter(({ value }) => maskLabels[value] !== 0);
  const classOf = ({ value }: Region): number => maskLabels[value] - 1;
  // Readers make a region and a box of each object, in its order.
  const isPaired =
    boxes?.length === chosen.length &&
    chosen.every((region, i) => classOf(region) === boxes[i].classIndex);
  const objects: ConvertedObject[] = [];
  for (const [i, region] of chosen.entries()) {
    const own = isPaired ? boxes?.[i] : undefined;
    const box = own && { left: own.left, top: own.top, right: own.right, bottom: own.bottom };
    const classIndex = classOf(region);
    const polygons = polygonsOf(region, size);
    if (region.isVoid && box && isBox(polygons, box)) {
      objects.push({ classIndex, box });
      continue;
    }
    // Alone, so that what lies over it hides nothing of it.
    const drawn = await drawRegions({ ...source, regions: [region] }, maskLabels);
    const part = partOf(
      drawn.labels.map((label) => (label === 0 ? 0 : 1)),
      size,
    );
    if (part === undefined) continue;
    objects.push({
      classIndex,
      box: box ?? boxOf(part),
      part,
      ...(polygons && { polygons }),
      isRunLengths: region.shape.kind === "cocoRle",
      isCrowd: region.isVoid === true,
    });
  }
  return { objects, boxesLeft: isPaired ? 0 : (boxes?.length ?? 0) };
}

function polygonsOf(
  { shape }: Region,
  { width, height }: PixelSize,
): readonly (readonly number[])[] | undefined {
  if (shape.kind !== "polygons") return undefined;
  if (shape.unit === "pixels") return shape.polygons;
  return shape.polygons.map((ring) => ring.map((v, i) => v * (i % 2 === 0 ? width : height)));
}

/** Whether the outline says no more than the box does. */
function isBox(
  polygons: readonly (readonly number[])[] | undefined,
  { left, top, right, bottom }: ConvertedObject["box"],
): boolean {
  const corners = [left, top, right, top, right, bottom, left, bottom];
  return polygons?.length === 1 && corners.every((value, i) => polygons[0][i] === value);
}

function groupByBox(
  found: readonly { readonly label: number; readonly part: BitmapPart }[],
  boxes: readonly Box[],
): { objects: ConvertedObject[]; boxesLeft: number } {
  const groups = new Map<Box | BitmapPart, { classIndex: number; parts: BitmapPart[] }>();
  for (const { label, part } of found) {
    const classIndex = label - 1;
    const owner = ownerOf(classIndex, part, boxes) ?? part;
    const group = groups.get(owner) ?? { classIndex, parts: [] };
    group.parts.push(part);
    groups.set(owner, group);
  }
  const objects = Array.from(groups, ([owner, { classIndex, parts }]) => {
    const part = united(parts);
    const { left, top } = owner;
    const box =
      "bits" in owner ? boxOf(owner) : { left, top, right: owner.right, bottom: owner.bottom };
    return { classIndex, box, part };
  });
  return { objects, boxesLeft: boxes.filter((box) => !groups.has(box)).length };
}

/** The box of the class that holds more than half of the pixels, the smallest if several do. */
function ownerOf(classIndex: number, part: BitmapPart, boxes: readonly Box[]): Box | undefined {
  const half = areaOf(part) / 2;
  const area = (box: Box): number => (box.right - box.left) * (box.bottom - box.top);
  return boxes
    .filter((box) => box.classIndex === classIndex && areaInside(part, box) > half)
    .reduce<Box | undefined>((a, b) => (a && area(a) <= area(b) ? a : b), undefined);
}

/** Pixels whose centres lie in the box. */
function areaInside({ left, top, width, height, bits }: BitmapPart, box: Box): number {
  let area = 0;
  for (let y = 0; y < height; y++) {
    if (top + y + 0.5 < box.top || top + y + 0.5 > box.bottom) continue;
    for (let x = 0; x < width; x++) {
      if (left + x + 0.5 >= box.left && left + x + 0.5 <= box.right) area += bits[y * width + x];
    }
  }
  return area;
}

/** Boxes in pixels; undefined if the sample has none. */
export async function boxesOf(
  sample: Sample,
  size: PixelSize,
): Promise<readonly Box[] | undefined> {
  const boxes = await readBoxes(sample);
  return boxes && pixelBoxes(boxes, size);
}

/** Whether a mask has a void pixel. */
export function hasVoid(mask: LabelMap | undefined): boolean {
  return mask?.labels.includes(ignoreLabel) === true;
}
