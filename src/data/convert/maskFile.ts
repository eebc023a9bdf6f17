/** Masks of a converted set: indexed PNGs of the labels, class i as i + 1, in VOC's colours. */

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeIndexedPng } from "../indexedPng.ts";
import type { LabelMap } from "../types.ts";
import type { ConvertedObject } from "./objects.ts";
import type { Loss, ReadPicture } from "./target.ts";

/** @param path  Below the root; its folder is made. */
export async function writeMask(
  root: string,
  path: string,
  { labels, width, height }: LabelMap,
): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeIndexedPng(file, labels, width, height);
}

/** What label maps cannot hold of the regions of a picture. */
export function labelMapLosses({ sample, mask, objects }: ReadPicture): Loss[] {
  if (mask === undefined || typeof sample.mask !== "object") return [];
  const drawn = objects.filter(({ part, isCrowd }) => part !== undefined && !isCrowd);
  const { owners, isOverlap } = ownersOf(drawn, mask);
  return [
    ...(areTouching(drawn, owners, mask) ? (["touching"] as const) : []),
    ...(isOverlap ? (["overlap"] as const) : []),
  ];
}

/** For each pixel, the number of an object there, from 1 on. */
function ownersOf(
  objects: readonly ConvertedObject[],
  { width, height }: LabelMap,
): { owners: Uint32Array; isOverlap: boolean } {
  const owners = new Uint32Array(width * height);
  let isOverlap = false;
  for (const [i, { part }] of objects.entries()) {
    if (part === undefined) continue;
    for (let n = 0; n < part.bits.length; n++) {
      if (part.bits[n] === 0) continue;
      const at = (part.top + Math.floor(n / part.width)) * width + part.left + (n % part.width);
      if (owners[at] !== 0) isOverlap = true;
      owners[at] = i + 1;
    }
  }
  return { owners, isOverlap };
}

/** Whether objects of one class have pixels side by side, or at a corner. */
function areTouching(
  objects: readonly ConvertedObject[],
  owners: Uint32Array,
  { width, height }: LabelMap,
): boolean {
  const isPair = (a: number, b: number): boolean =>
    a !== b && a > 0 && b > 0 && objects[a - 1].classIndex === objects[b - 1].classIndex;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const [hasRight, hasBelow, hasLeft] = [x < width - 1, y < height - 1, x > 0];
      if (hasRight && isPair(owners[at], owners[at + 1])) return true;
      if (!hasBelow) continue;
      if (isPair(owners[at], owners[at + width])) return true;
      if (hasRight && isPair(owners[at], owners[at + width + 1])) return true;
      if (hasLeft && isPair(owners[at], owners[at + width - 1])) return true;
    }
  }
  return false;
}

/** The list of classes in the order of their labels; the reader skips a first line "background". */
export function classListText(classes: readonly string[]): string {
  const lines = classes[0] === "background" ? ["background", ...classes] : classes;
  return lines.map((name) => `${name}\n`).join("");
}
