/** Reading a data set whatever its form; one file per form: voc.ts, folders.ts, table.ts, formats/. */

import { stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import type { DatasetOptions } from "./datasetOptions.ts";
import { namesIn, subfolders } from "./files.ts";
import { readFolders } from "./folders.ts";
import { cocoRootOf, findCocoFiles, isCoco, readCoco } from "./formats/coco.ts";
import { isLabelStudio, isLabelStudioMin, readLabelStudio } from "./formats/labelStudio.ts";
import { readJsonFile } from "./formats/textFile.ts";
import { findYoloFile, isYaml, readYolo } from "./formats/yolo.ts";
import { type Problem, ProblemError } from "./problem.ts";
import { readTable } from "./table.ts";
import type { Dataset } from "./types.ts";
import { readVoc } from "./voc.ts";

export type { DatasetOptions } from "./datasetOptions.ts";

/**
 * Reads the lists, not the pictures: a missing or broken picture is no error here.
 *
 * @param path  A folder in the layout of VOC, COCO or YOLO, or with a subfolder per class; or a file: a
 *   CSV or JSON table, COCO's JSON, Label Studio's JSON, or YOLO's YAML.
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
  if (info.isDirectory()) return openFolder(root, absolute);
  if (isYaml(root)) return readYolo(root, absolute);
  const extension = extname(root).toLowerCase();
  if (extension === ".json") return openJson(root, absolute);
  if (extension === ".csv") return readTable(root, absolute);
  throw new ProblemError(
    root,
    "this is no data set: a file must be a CSV or JSON table, JSON of COCO or Label Studio, or YOLO's YAML",
    "Give a file that ends in .csv, .json or .yaml, or a folder",
  );
}

async function openFolder(root: string, options: DatasetOptions): Promise<Dataset> {
  if ((await subfolders(root)).includes("ImageSets")) return readVoc(root, options);
  const yolo = await findYoloFile(root);
  if (yolo !== undefined) return readYolo(yolo, options);
  const coco = await findCocoFiles(root);
  if (coco.length > 0) return readCoco(root, coco, options);
  await rejectDevkitParent(root);
  return readFolders(root, options);
}

/** What a JSON file is, its content tells. */
async function openJson(file: string, options: DatasetOptions): Promise<Dataset> {
  const data = await readJsonFile(file);
  if (isCoco(data)) {
    const part = basename(file, extname(file)).replace(/^instances_/, "");
    return readCoco(cocoRootOf(file), [{ file, part }], options, new Map([[file, data]]));
  }
  if (isLabelStudio(data)) return readLabelStudio(file, options, data);
  if (isLabelStudioMin(data)) {
    throw new ProblemError(
      file,
      "this is Label Studio's JSON-MIN, which does not say which of its texts are classes",
      'Export the project as "JSON"',
    );
  }
  return readTable(file, options);
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
