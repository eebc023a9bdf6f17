/** What lies in a folder, as the readers of data sets want it. */

import { readdir, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { pictureExtensions } from "./picture.ts";
import { ProblemError } from "./problem.ts";

/** Names of the folders in a folder, and of links to folders, sorted, without hidden ones. */
export async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const isFolder = entry.isSymbolicLink()
      ? await leadsToFolder(join(folder, entry.name))
      : entry.isDirectory();
    if (isFolder) names.push(entry.name);
  }
  return names.sort();
}

async function leadsToFolder(link: string): Promise<boolean> {
  const target = await stat(link).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** Names of the entries of a folder, sorted, without hidden ones; none if there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.startsWith(".")).sort();
}

/** Paths below a folder, at any depth, with "/" between their parts, sorted; none if it is missing. */
export async function pathsBelow(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true }).catch(() => []);
  return paths
    .map((path) => path.split(sep).join("/"))
    .filter((path) => !path.split("/").some((part) => part.startsWith(".")))
    .sort();
}

export function isPicture(path: string): boolean {
  return pictureExtensions.has(extname(path).toLowerCase());
}

export function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/**
 * Masks of a folder of the user's, `<id>.png`, by id.
 *
 * @throws {DataError} When the folder holds no mask of any of these pictures.
 */
export async function findMasks(
  folder: string,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Set(await pathsBelow(folder));
  const masks = new Map<string, string>();
  for (const id of ids) if (found.has(`${id}.png`)) masks.set(id, join(folder, `${id}.png`));
  if (masks.size === 0) {
    throw new ProblemError(
      folder,
      "the folder of masks holds no <id>.png for any picture of the data set",
      "Name each mask like its picture, or give another folder",
    );
  }
  return masks;
}

/** Path below the root with "/" between its parts. */
export function pathBelow(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}
