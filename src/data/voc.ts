/** A folder in the layout of PASCAL VOC's devkit, `VOCdevkit/VOC2012`. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readBoxes } from "./boxes.ts";
import {
  chooseClasses,
  maskLabelsOf,
  readClassList,
  resolveClasses,
  vocClasses,
} from "./classes.ts";
import type { DatasetOptions } from "./datasetOptions.ts";
import { findMasks, isPicture, namesIn, withoutExtension } from "./files.ts";
import { shown } from "./formats/textFile.ts";
import { canBeId } from "./ids.ts";
import { mapLimited } from "./mapLimited.ts";
import { decodeMask } from "./mask.ts";
import { ProblemError } from "./problem.ts";
import { completeSplits } from "./splits.ts";
import type { Dataset, Sample } from "./types.ts";

/**
 * Reads the lists; of a split's ids those in `ImageSets/Segmentation` go before `ImageSets/Main`.
 *
 * Tags come from `Main/<class>_*.txt`; "difficult" (0) counts as absent. An id without a line there
 * (VOC's own 2007 pictures) takes its tags from its mask, or without one from its boxes, which
 * `Annotations/<id>.xml` may hold. Only for that are the boxes read here.
 *
 * @throws {DataError} When a list is malformed, a class unknown, or boxes that give tags cannot be read.
 *   Missing pictures are no error.
 */
export async function readVoc(root: string, options: DatasetOptions): Promise<Dataset> {
  const sets = join(root, "ImageSets");
  const lists = (await namesIn(join(sets, "Main"))).flatMap((name) => classList(sets, name));
  const names = await vocClassNames(root, lists);
  const classes = chooseClasses(root, names, options.classes);
  const maskLabels = maskLabelsOf(names, classes);
  const splitIds = await readSplits(sets, lists);
  const ids = [...new Set([...splitIds.values()].flat())];

  const tags = await readTags(lists, classes);
  const pictures = await filesById(join(root, "JPEGImages"), isPicture);
  if (pictures.size === 0) {
    throw new ProblemError(
      join(root, "JPEGImages"),
      "there is no picture",
      "Put the pictures there",
    );
  }
  const masks =
    options.masks === undefined
      ? new Map([
          ...(await filesById(join(root, "SegmentationClassAug"), isPng)),
          ...(await filesById(join(root, "SegmentationClass"), isPng)),
        ])
      : await findMasks(options.masks, ids);

  const annotations = await filesById(join(root, "Annotations"), isXml);
  const samples = await mapLimited(ids, filesAtATime, async (id): Promise<[string, Sample]> => {
    const mask = masks.get(id);
    const file = annotations.get(id);
    const unread = file === undefined ? undefined : { file, classes };
    const known =
      tags.get(id) ?? (mask === undefined ? undefined : await tagsOfMask(mask, maskLabels));
    const read = known === undefined ? await readBoxes({ boxes: unread }) : undefined;
    const boxes = known === undefined ? read : unread;
    const found = new Set(known ?? read?.map(({ classIndex }) => classIndex));
    const image = pictures.get(id) ?? join(root, "JPEGImages", `${id}.jpg`);
    const sorted = [...found].sort((a, b) => a - b);
    const supervision = { ...(mask && { mask }), ...(boxes && { boxes }) };
    return [id, { id, image, tags: sorted, ...supervision }];
  });
  const byId = new Map(samples);
  const splits = new Map<string, Sample[]>();
  for (const [split, members] of splitIds) {
    splits.set(
      split,
      members.flatMap((id) => byId.get(id) ?? []),
    );
  }
  return { root, format: "voc", classes, maskLabels, splits: completeSplits(splits) };
}

/** Files that are read at a time. */
const filesAtATime = 16;

/** A file `Main/<class>_<split>.txt`. */
interface ClassList {
  readonly file: string;
  readonly className: string;
  readonly split: string;
}

function classList(sets: string, name: string): ClassList[] {
  const [, className, split] = /^(.+)_([^_]+)\.txt$/.exec(name) ?? [];
  return className === undefined ? [] : [{ file: join(sets, "Main", name), className, split }];
}

/** In the order of the mask values. */
async function vocClassNames(
  root: string,
  lists: readonly ClassList[],
): Promise<readonly string[]> {
  const found = new Map(lists.map(({ className, file }) => [className, file]));
  const isVoc = [...found.keys()].every((name) => vocClasses.includes(name));
  if (isVoc && (await readClassList(root)) === undefined) return vocClasses;
  return resolveClasses(root, found);
}

/** Ids of each split, in file order. */
async function readSplits(
  sets: string,
  lists: readonly ClassList[],
): Promise<Map<string, readonly string[]>> {
  const splits = new Map<string, readonly string[]>();
  for (const folder of ["Segmentation", "Main"]) {
    for (const name of await namesIn(join(sets, folder))) {
      const split = basename(name, ".txt");
      const isOfClass = folder === "Main" && classList(sets, name).length > 0;
      if (name.endsWith(".txt") && !isOfClass && !splits.has(split)) {
        splits.set(
          split,
          (await readRows(join(sets, folder, name))).map(([id]) => id),
        );
      }
    }
  }
  for (const { split } of lists) {
    if (splits.has(split)) continue;
    const files = lists.filter((list) => list.split === split).map(({ file }) => file);
    const rows = (await Promise.all(files.map(readRows))).flat();
    splits.set(split, [...new Set(rows.map(([id]) => id))]);
  }
  return new Map([...splits].map(([split, ids]) => [split, [...new Set(ids)]]));
}

/** Indices of each listed id's classes; ids without any class are there with an empty set. */
async function readTags(
  lists: readonly ClassList[],
  classes: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const tags = new Map<string, Set<number>>();
  for (const { file, className } of lists) {
    const index = classes.indexOf(className);
    if (index < 0) continue;
    for (const [line, [id, value]] of (await readRows(file)).entries()) {
      if (!["-1", "0", "1"].includes(value)) {
        throw new ProblemError(
          file,
          `entry ${line + 1} must be an id and 1, -1 or 0; got ${shown([id, value].join(" ").trim())}`,
          "Correct the line",
        );
      }
      const found = tags.get(id) ?? new Set();
      if (value === "1") found.add(index);
      tags.set(id, found);
    }
  }
  return tags;
}

/** An id, and further words, of each line that has any. */
async function readRows(file: string): Promise<string[][]> {
  const text = await readFile(file, "utf8");
  const rows = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([first]) => first !== "");
  const bad = rows.findIndex(([id]) => !canBeId(id));
  if (bad >= 0) {
    throw new ProblemError(
      file,
      `entry ${bad + 1} must begin with the name of a picture; got ${shown(rows[bad][0])}`,
      "Correct the line",
    );
  }
  return rows;
}

/** Class indices in a mask; none if it cannot be read, which is told when the mask is needed. */
async function tagsOfMask(path: string, maskLabels: Uint8Array): Promise<number[]> {
  const mask = await decodeMask(path, maskLabels).catch(() => undefined);
  const labels = new Set(mask?.labels);
  return [...labels].filter((label) => label > 0 && label < 254).map((label) => label - 1);
}

async function filesById(
  folder: string,
  accept: (name: string) => boolean,
): Promise<Map<string, string>> {
  const names = (await namesIn(folder)).filter(accept);
  return new Map(names.map((name) => [withoutExtension(name), join(folder, name)]));
}

function isXml(name: string): boolean {
  return name.endsWith(".xml");
}

function isPng(name: string): boolean {
  return name.toLowerCase().endsWith(".png");
}
