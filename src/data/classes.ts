/** Which classes a data set has, and what its masks' pixel values mean for a chosen few of them. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { illegalLabel } from "./mask.ts";
import { ProblemError } from "./problem.ts";
import { ignoreLabel } from "./types.ts";

/** PASCAL VOC's classes; class i has the mask value i + 1. */
export const vocClasses: readonly string[] = [
  "aeroplane",
  "bicycle",
  "bird",
  "boat",
  "bottle",
  "bus",
  "car",
  "cat",
  "chair",
  "cow",
  "diningtable",
  "dog",
  "horse",
  "motorbike",
  "person",
  "pottedplant",
  "sheep",
  "sofa",
  "train",
  "tvmonitor",
];

/**
 * The names in `classes.txt` or `labels.txt` of a folder, one a line, in the order of the mask
 * values; a first line "background" does not count. Undefined if there is no such file.
 *
 * @throws {DataError} When a name is there twice, or there are no names or too many.
 */
export async function readClassList(
  folder: string,
): Promise<{ file: string; names: readonly string[] } | undefined> {
  for (const name of ["classes.txt", "labels.txt"]) {
    const file = join(folder, name);
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const lines = text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
    const names = lines[0] === "background" ? lines.slice(1) : lines;
    requireDistinct(file, names);
    return { file, names };
  }
  return undefined;
}

/**
 * The list of a folder's class file with every name that occurs in the data in it, or without
 * such a file the names that occur, sorted unless their order means something.
 *
 * @param found  Names that occur, each with the place that names it.
 * @throws {DataError} When a name occurs that the class file does not list.
 */
export async function resolveClasses(
  folder: string,
  found: ReadonlyMap<string, string>,
  { isOrdered = false }: { readonly isOrdered?: boolean } = {},
): Promise<readonly string[]> {
  const list = await readClassList(folder);
  if (list === undefined) {
    const names = isOrdered ? [...found.keys()] : [...found.keys()].sort();
    requireDistinct(folder, names);
    return names;
  }
  for (const [name, place] of found) {
    if (!list.names.includes(name)) {
      throw new ProblemError(
        place,
        `the tag "${name}" is no class of ${list.file}`,
        "Add it there on a line of its own, or take the tag away",
      );
    }
  }
  return list.names;
}

/**
 * The classes asked for, in that order; all of them by default.
 *
 * @throws {DataError} When one is unknown or asked for twice.
 */
export function chooseClasses(
  root: string,
  names: readonly string[],
  asked: readonly string[] | undefined,
): readonly string[] {
  if (asked === undefined) return names;
  for (const name of asked) {
    if (!names.includes(name)) {
      throw new ProblemError(
        root,
        `there is no class "${name}"`,
        `Choose from ${names.join(", ")}`,
      );
    }
  }
  requireDistinct(root, asked);
  return asked;
}

/** `Dataset.maskLabels` for masks in which `names[i]` has the value i + 1. */
export function maskLabelsOf(names: readonly string[], chosen: readonly string[]): Uint8Array {
  const labels = new Uint8Array(256).fill(illegalLabel);
  labels[0] = 0;
  labels[ignoreLabel] = ignoreLabel;
  for (const [i, name] of names.entries()) labels[i + 1] = chosen.indexOf(name) + 1;
  return labels;
}

function requireDistinct(file: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ProblemError(file, `the class "${twice}" is named twice`, "Name each class once");
  }
  if (names.length === 0 || names.length >= illegalLabel) {
    throw new ProblemError(
      file,
      `there must be 1 to ${illegalLabel - 1} classes, and there are ${names.length}`,
      "Name at least one class, or fewer of them",
    );
  }
}
