/** COCO's instances: `instances_*.json`, and what Roboflow, CVAT and Label Studio export as COCO. */

import { basename, dirname, extname, join, resolve } from "node:path";
import type { DatasetOptions } from "../datasetOptions.ts";
import { namesIn, subfolders } from "../files.ts";
import { ProblemError } from "../problem.ts";
import type { Dataset } from "../types.ts";
import { type AnnotatedPicture, datasetOf } from "./annotated.ts";
import { cocoContent } from "./cocoContent.ts";
import { PictureFinder } from "./pictureFinder.ts";
import { isRecord, readJsonFile } from "./textFile.ts";

export interface CocoFile {
  readonly file: string;
  /** What the file's name says of its split: "train2017", "valid"; it may name a folder, too. */
  readonly part: string;
}

/** Whether parsed JSON is COCO's: an object of images, annotations and categories. */
export function isCoco(data: unknown): boolean {
  return isRecord(data) && Array.isArray(data.images) && "annotations" in data;
}

/**
 * The COCO files of a folder: `annotations/instances_*.json`, Roboflow's
 * `train/_annotations.coco.json`, or one file beside the pictures; none if it is no such folder.
 */
export async function findCocoFiles(root: string): Promise<readonly CocoFile[]> {
  const named = (await namesIn(join(root, "annotations")))
    .filter((name) => /^instances_.+\.json$/i.test(name))
    .map((name) => ({
      file: join(root, "annotations", name),
      part: basename(name, extname(name)).slice("instances_".length),
    }));
  if (named.length > 0) return named;
  const split: CocoFile[] = [];
  for (const part of ["", ...(await subfolders(root))]) {
    if ((await namesIn(join(root, part))).includes(roboflowName)) {
      split.push({ file: join(root, part, roboflowName), part });
    }
  }
  return split;
}

const roboflowName = "_annotations.coco.json";

/**
 * Reads files of COCO instances; each is a split, "train" if its name says none.
 *
 * Polygons and run lengths (compressed or not) are masks, `bbox` is the box. A crowd is a tag, and
 * void in the mask: COCO, too, leaves crowds out of its scores. Coordinates are of the upright
 * picture, as its EXIF tag turns it. Classes keep the order of `categories`; one that only heads
 * others, as Roboflow's first, and has no object itself is left out. Pictures lie beside the file, in
 * `images/`, in a folder called like the split, or anywhere below if the name is there once.
 *
 * @param root  Folder of the data set.
 * @param data  The parsed content of files that were read before.
 * @throws {DataError} When a file is malformed or a class unknown. Missing pictures are no error.
 */
export async function readCoco(
  root: string,
  files: readonly CocoFile[],
  options: DatasetOptions,
  data: ReadonlyMap<string, unknown> = new Map(),
): Promise<Dataset> {
  requireOneEach(files);
  const finder = new PictureFinder(root);
  const categories = new Map<string, string>();
  const heads = new Set<unknown>(["background", "_background_"]);
  const pictures: AnnotatedPicture[] = [];
  for (const { file, part } of files) {
    const content = cocoContent(file, data.get(file) ?? (await readJsonFile(file)));
    for (const { name, supercategory } of content.categories.values()) {
      categories.set(name, categories.get(name) ?? file);
      if (supercategory !== name) heads.add(supercategory);
    }
    const split = splitOf(part, files.length);
    for (const { name, ...picture } of content.pictures) {
      const image = await finder.find(candidates(root, file, part, name));
      pictures.push({ ...picture, file, split, image });
    }
  }
  const used = new Set(
    pictures.flatMap(({ objects }) => objects.map(({ className }) => className)),
  );
  const classes = new Map([...categories].filter(([name]) => used.has(name) || !heads.has(name)));
  return datasetOf({ root, format: "coco", classes, isOrdered: true, pictures }, options);
}

/** The data set's folder of a single file: above `annotations/`, or where the file lies. */
export function cocoRootOf(file: string): string {
  const folder = dirname(file);
  return basename(folder) === "annotations" ? dirname(folder) : folder;
}

function splitOf(part: string, count: number): string {
  const known = /^(train|val|test)/i.exec(part)?.[1].toLowerCase();
  return known ?? (count === 1 ? "train" : part);
}

function requireOneEach(files: readonly CocoFile[]): void {
  const seen = new Map<string, string>();
  for (const { file, part } of files) {
    const split = splitOf(part, files.length);
    const other = seen.get(split);
    if (other !== undefined) {
      throw new ProblemError(
        file,
        `${other} holds the split "${split}", too`,
        "Give one of the files in place of the folder, or take one away",
      );
    }
    seen.set(split, file);
  }
}

/** Where tools put pictures, the likeliest first; names may hold folders, and Windows' separator. */
function candidates(root: string, file: string, part: string, name: string): [string, ...string[]] {
  const folder = dirname(file);
  const path = name.replaceAll("\\", "/");
  const ofSplit = [join(root, part), join(root, "images", part)];
  const beside = [
    folder,
    join(folder, "images"),
    join(folder, "..", "images"),
    join(folder, "data"),
  ];
  const [first, ...others] = folder === root ? [...beside, ...ofSplit] : [...ofSplit, ...beside];
  return [resolve(first, path), ...[...others, root].map((place) => join(place, path))];
}
