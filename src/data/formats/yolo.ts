/** YOLO's layout, as Ultralytics reads it: a YAML file, pictures, and a text file of labels for each. */

import { readFile, stat } from "node:fs/promises";
import { dirname, extname, join, resolve, sep } from "node:path";
import { parse } from "yaml";
import { messageOf } from "../../messageOf.ts";
import type { DatasetOptions } from "../datasetOptions.ts";
import { isPicture, namesIn, pathsBelow, subfolders, withoutExtension } from "../files.ts";
import { mapLimited } from "../mapLimited.ts";
import { ProblemError } from "../problem.ts";
import type { Dataset } from "../types.ts";
import { type AnnotatedPicture, datasetOf } from "./annotated.ts";
import { isRecord, readTextFile, shown } from "./textFile.ts";
import { yoloObjects } from "./yoloLabels.ts";

/**
 * The file that makes a folder a YOLO data set: a YAML file with `names` and
 * `train`, or the `classes.txt` that
 * Label Studio writes beside `images/` and `labels/`; undefined if it has neither.
 */
export async function findYoloFile(root: string): Promise<string | undefined> {
  const names = await namesIn(root);
  const yaml = names
    .filter(isYaml)
    .sort((a, b) => Number(b === "data.yaml") - Number(a === "data.yaml"));
  for (const name of yaml) {
    const text = await readFile(join(root, name), "utf8").catch(() => "");
    if (/^["']?(names|nc)["']?\s*:/m.test(text) && /^["']?train["']?\s*:/m.test(text)) {
      return join(root, name);
    }
  }
  const folders = await subfolders(root);
  const isBare = names.includes("classes.txt") && folders.includes("images");
  if (!isBare || !folders.includes("labels")) return undefined;
  const hasLabels = (await pathsBelow(join(root, "labels"))).some((path) => path.endsWith(".txt"));
  return hasLabels ? join(root, "classes.txt") : undefined;
}

export function isYaml(path: string): boolean {
  return [".yaml", ".yml"].includes(extname(path).toLowerCase());
}

/**
 * Reads `path`, `train`, `val`, `test` and `names` of a YAML file, or the names in `classes.txt`. A
 * split is a folder of pictures, a text file of their paths, or a list of these. The labels of
 * `…/images/a.jpg` are in `…/labels/a.txt`, otherwise beside the picture; without such a file a
 * picture has no object. Rows of polygons are masks, and boxes around them; of a file with
 * `kpt_shape` only the boxes are read. Oriented boxes look like polygons of four points, and are
 * read as these. Coordinates stay shares of the upright picture: no picture is opened.
 *
 * @throws {DataError} When a file is malformed, or a split names nothing.
 */
export async function readYolo(file: string, options: DatasetOptions): Promise<Dataset> {
  const { names, root, splits, hasKeypoints } = isYaml(file)
    ? await readYaml(file)
    : await readClassesFile(file);
  const pictures: AnnotatedPicture[] = [];
  for (const { name: split, places } of splits) {
    const images = await picturesOf(file, root, split, places);
    const found = await mapLimited(images, filesAtATime, async (image) => {
      const labels = await readLabels(image);
      const objects = labels && yoloObjects(labels.file, labels.text, names, { hasKeypoints });
      const labelFile = labels?.file ?? labelFiles(image)[0];
      return { split, image, file: labelFile, entry: "the file", objects: objects ?? [], labels };
    });
    if (split === "train" && found.every(({ labels }) => labels === undefined)) {
      throw new ProblemError(
        file,
        `no picture of the split "train" has a file of labels; the first would be ${found[0].file}`,
        "Put the labels there",
      );
    }
    pictures.push(...found);
  }
  const classes = new Map(names.map((name) => [name, file]));
  return datasetOf({ root, format: "yolo", classes, isOrdered: true, pictures }, options);
}

const filesAtATime = 16;

interface Split {
  readonly name: string;
  /** Folders and lists, as the file has them. */
  readonly places: readonly string[];
}

interface YoloFile {
  readonly names: readonly string[];
  /** The folder that the splits' places lie in. */
  readonly root: string;
  readonly splits: readonly Split[];
  readonly hasKeypoints: boolean;
}

async function readYaml(file: string): Promise<YoloFile> {
  const text = await readTextFile(file);
  let data: unknown;
  try {
    data = parse(text, { logLevel: "error" });
  } catch (error) {
    const [line] = messageOf(error).split("\n");
    throw new ProblemError(file, `this is not YAML (${line.replace(/[.:]$/, "")})`, fix);
  }
  if (!isRecord(data)) throw wrong(file, "it must hold keys and values", data);
  const splits = ["train", "val", "test"].flatMap((name): Split[] => {
    const value = data[name] ?? undefined;
    if (value === undefined) return [];
    const places: unknown[] = Array.isArray(value) ? value : [value];
    if (!places.every(isPath) || places.length === 0) {
      throw wrong(
        file,
        `${name} must be a folder, a text file of paths, or a list of these`,
        value,
      );
    }
    return [{ name, places }];
  });
  if (splits[0]?.name !== "train")
    throw wrong(file, "train must be a folder of pictures", undefined);
  const path = data.path ?? ".";
  if (!isPath(path)) throw wrong(file, "path must be a folder", path);
  const root = await rootOf(file, path, splits[0].places[0]);
  return { names: namesOf(file, data), root, splits, hasKeypoints: "kpt_shape" in data };
}

const fix = "Correct the file";

function wrong(file: string, rule: string, value: unknown): ProblemError {
  return new ProblemError(file, `${rule}; got ${shown(value)}`, fix);
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

/** A list, or a map from 0, 1, ...; with a number of classes `nc` alone they are called class_0, ... */
function namesOf(file: string, { names, nc }: Readonly<Record<string, unknown>>): string[] {
  const count = typeof nc === "number" && Number.isInteger(nc) && nc >= 0 ? nc : undefined;
  if ((nc ?? undefined) !== undefined && (count === undefined || count > mostClasses)) {
    throw wrong(file, `nc must be the number of classes, at most ${mostClasses}`, nc);
  }
  if ((names ?? undefined) === undefined && count !== undefined) {
    return Array.from({ length: count }, (_, i) => `class_${i}`);
  }
  if (!Array.isArray(names) && !isRecord(names)) {
    throw wrong(file, "names must be a list of classes, or a map from their numbers", names);
  }
  const found = Object.entries(names).map(([key, name], i) => {
    if (key !== String(i))
      throw wrong(file, `names must count from 0; number ${i} is lacking`, key);
    if (!["string", "number", "boolean"].includes(typeof name) || String(name).trim() === "") {
      throw wrong(file, `names, ${i} must be a text`, name);
    }
    return String(name).trim();
  });
  const twice = found.find((name, i) => found.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(file, "names must differ", twice);
  if (count !== undefined && count !== found.length) {
    throw wrong(file, `nc must be the number of names, ${found.length}`, nc);
  }
  return found;
}

/** More than any data set has; it keeps a slip of the hand from filling the memory. */
const mostClasses = 100_000;

async function readClassesFile(file: string): Promise<YoloFile> {
  const lines = (await readTextFile(file)).split("\n").map((line) => line.trim());
  const names = lines.filter((line) => line !== "");
  const root = dirname(file);
  const folders = await subfolders(join(root, "images"));
  const given = ["train", "val", "test"].filter((name) => folders.includes(name));
  const splits = given.includes("train")
    ? given.map((name) => ({ name, places: [`images/${name}`] }))
    : [{ name: "train", places: ["images"] }];
  return { names, root, splits, hasKeypoints: false };
}

/**
 * `path` from the file's folder, or that folder itself: many files name the place where their author
 * had the data.
 */
async function rootOf(file: string, path: string, train: string): Promise<string> {
  const folder = dirname(file);
  for (const root of [resolve(folder, path), folder]) {
    if ((await placeOf(root, train)) !== undefined) return root;
  }
  throw new ProblemError(
    file,
    `train must be a folder or a text file; there is no ${resolve(folder, path, train)}`,
    "Correct path and train, or put the pictures there",
  );
}

/** A folder or file; Roboflow writes one "../" too many, and Ultralytics forgives it, too. */
async function placeOf(root: string, place: string): Promise<string | undefined> {
  for (const path of [resolve(root, place), resolve(root, place.replace(/^\.\.\//, ""))]) {
    if ((await stat(path).catch(() => undefined)) !== undefined) return path;
  }
  return undefined;
}

async function picturesOf(
  file: string,
  root: string,
  split: string,
  places: readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  for (const place of places) {
    const path = await placeOf(root, place);
    if (path === undefined && split === "test") continue; // Often named, and seldom given away.
    if (path === undefined) {
      throw new ProblemError(
        file,
        `${split} must be a folder or a text file; there is no ${resolve(root, place)}`,
        `Correct ${split}, or put the pictures there`,
      );
    }
    // "/" would be searched for hours.
    const own = dirname(file);
    if (path !== own && own.startsWith(path.endsWith(sep) ? path : `${path}${sep}`)) {
      throw new ProblemError(
        file,
        `${split} must be a folder of pictures; ${path} is above the data set`,
        `Correct ${split}`,
      );
    }
    for (const image of await picturesAt(root, path)) found.add(image);
  }
  if (found.size === 0 && split !== "test") {
    throw new ProblemError(file, `the split "${split}" has no picture`, "Put the pictures there");
  }
  return [...found];
}

async function picturesAt(root: string, path: string): Promise<string[]> {
  if (!path.toLowerCase().endsWith(".txt")) {
    return (await pathsBelow(path)).filter(isPicture).map((name) => join(path, name));
  }
  const lines = (await readTextFile(path)).split("\n").map((line) => line.trim());
  // "./" means beside the list, for Ultralytics.
  return lines
    .filter((line) => line !== "" && !line.includes("\0"))
    .map((line) => resolve(line.startsWith("./") ? dirname(path) : root, line));
}

/** Where a picture's labels may lie. */
function labelFiles(image: string): [string, string] {
  const beside = `${withoutExtension(image)}.txt`;
  const at = beside.lastIndexOf(`${sep}images${sep}`);
  if (at < 0) return [beside, beside];
  return [`${beside.slice(0, at)}${sep}labels${beside.slice(at + `${sep}images`.length)}`, beside];
}

async function readLabels(image: string): Promise<{ file: string; text: string } | undefined> {
  for (const file of labelFiles(image)) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
