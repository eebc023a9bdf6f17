/** A folder with one subfolder of pictures per class. */

import { join } from "node:path";
import { chooseClasses, maskLabelsOf, resolveClasses } from "./classes.ts";
import type { DatasetOptions } from "./datasetOptions.ts";
import { findMasks, isPicture, pathsBelow, subfolders, withoutExtension } from "./files.ts";
import { ProblemError } from "./problem.ts";
import { completeSplits } from "./splits.ts";
import type { Dataset, Sample } from "./types.ts";

/**
 * Reads `<class>/**` or `<split>/<class>/**` (splits: train, val, test); `masks/` beside them may
 * hold a PNG for each picture, under the same path. Classes are sorted by name, unless
 * `classes.txt` lists them; class i has the mask value i + 1 of all classes.
 *
 * @throws {DataError} When there are no class folders, or a class is unknown.
 */
export async function readFolders(root: string, options: DatasetOptions): Promise<Dataset> {
  const folders = (await subfolders(root)).filter((name) => name !== "masks");
  const isSplit = folders.includes("train") && (await subfolders(join(root, "train"))).length > 0;
  const splitFolders = isSplit ? folders.filter((name) => splitNames.has(name)) : [""];

  const found: { split: string; className: string; path: string }[] = [];
  const classFolders = new Map<string, string>();
  for (const split of splitFolders) {
    for (const className of isSplit ? await subfolders(join(root, split)) : folders) {
      const folder = [split, className].filter(Boolean).join("/");
      classFolders.set(className, join(root, folder));
      const paths = (await pathsBelow(join(root, folder))).filter(isPicture);
      for (const path of paths) found.push({ split, className, path: `${folder}/${path}` });
    }
  }
  if (found.length === 0) {
    throw new ProblemError(
      root,
      "this is no data set: it has neither ImageSets (VOC) nor subfolders with pictures",
      "Give a folder in the layout of VOC, COCO or YOLO, one with a subfolder per class, or a CSV, JSON or YAML file",
    );
  }
  const names = await resolveClasses(root, classFolders);
  const classes = chooseClasses(root, names, options.classes);

  const ids = idsOf(found.map(({ path }) => path));
  const masks = await masksOf(root, options, ids);
  const splits = new Map<string, Sample[]>();
  for (const [i, { split, className, path }] of found.entries()) {
    const index = classes.indexOf(className);
    const mask = masks.get(ids[i]);
    const name = splitNames.get(split) ?? "train";
    const members = splits.get(name) ?? [];
    members.push({
      id: ids[i],
      image: join(root, path),
      tags: index < 0 ? [] : [index],
      ...(mask && { mask }),
    });
    splits.set(name, members);
  }
  const maskLabels = maskLabelsOf(names, classes);
  return { root, format: "folders", classes, maskLabels, splits: completeSplits(splits) };
}

/** Folders that hold a split, and its name. */
const splitNames: ReadonlyMap<string, string> = new Map([
  ["train", "train"],
  ["val", "val"],
  ["valid", "val"],
  ["validation", "val"],
  ["test", "test"],
]);

/** Paths without their extension, except where two files differ in nothing else. */
export function idsOf(paths: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const path of paths) {
    const id = withoutExtension(path);
    count.set(id, (count.get(id) ?? 0) + 1);
  }
  return paths.map((path) =>
    count.get(withoutExtension(path)) === 1 ? withoutExtension(path) : path,
  );
}

async function masksOf(
  root: string,
  options: DatasetOptions,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (options.masks !== undefined) return findMasks(options.masks, ids);
  const hasMasks = (await subfolders(root)).includes("masks");
  return hasMasks ? findMasks(join(root, "masks"), ids) : new Map();
}
