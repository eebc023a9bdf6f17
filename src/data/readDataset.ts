/** Reading a data set whatever its form; one file per form: voc.ts, folders.ts, table.ts. */

import { stat } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import type { DatasetOptions } from "./datasetOptions.ts";
import { namesIn, subfolders } from "./files.ts";
import { readFolders } from "./folders.ts";
import { type Problem, ProblemError } from "./problem.ts";
import { readTable } from "./table.ts";
import type { Dataset } from "./types.ts";
import { readVoc } from "./voc.ts";

export type { DatasetOptions } from "./datasetOptions.ts";

/**
 * Reads the lists, not the pictures: a missing or broken picture is no error here.
 *
 * @param path  A folder in VOC's layout, a folder with a subfolder per class, or a CSV or JSON file.
 * @throws {DataError} When this is no data set, a list is malformed, or a class has no picture.
 */
export async function readDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const dataset = await openDataset(path, options);
  for (const { file, reason, fix } of emptyClasses(dataset)) {
    throw new ProblemError(file, reason, fix);
  }
  return dataset;
}

/** As `readDataset`, but a class may be without pictures. */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const root = resolve(path);
  const info = await stat(root).catch(() => undefined);
  if (info === undefined) {
    throw new ProblemError(root, "there is no such file or folder", "Check the path");
  }
  const absolute = {
    ...options,
    masks: options.masks === undefined ? undefined : resolve(options.masks),
  };
  if (info.isDirectory()) {
    if ((await subfolders(root)).includes("ImageSets")) return readVoc(root, absolute);
    await rejectDevkitParent(root);
    return readFolders(root, absolute);
  }
  if (![".csv", ".json"].includes(extname(root).toLowerCase())) {
    throw new ProblemError(
      root,
      "this is no data set: a file must be a CSV or JSON table",
      "Give a table that ends in .csv or .json, or a folder",
    );
  }
  return readTable(root, absolute);
}

/** A problem for each class that no picture of any split has. */
export function emptyClasses(dataset: Dataset): Problem[] {
  const samples = Object.values(dataset.splits).flat();
  const used = new Set(samples.flatMap(({ tags }) => tags));
  const others = dataset.classes.filter((_, index) => used.has(index)).join(",");
  return dataset.classes
    .filter((_, index) => !used.has(index))
    .map((name) => ({
      file: dataset.root,
      reason: `no picture has the class "${name}"`,
      fix: `Tag pictures with it, or choose the others (--classes ${others})`,
    }));
}

/** `VOCdevkit` in place of `VOCdevkit/VOC2012` would look like a class called VOC2012. */
async function rejectDevkitParent(root: string): Promise<void> {
  for (const name of await subfolders(root)) {
    if ((await namesIn(join(root, name))).includes("ImageSets")) {
      throw new ProblemError(
        root,
        `the data set is the folder ${name} in it`,
        `Give ${join(root, name)}`,
      );
    }
  }
}
