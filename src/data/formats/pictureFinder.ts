/** Where a picture lies that an annotation file names. */

import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isPicture } from "../files.ts";

/** Looks up names of pictures in and below a data set's folder; each folder is listed once. */
export class PictureFinder {
  readonly #root: string;
  readonly #folders = new Map<string, Promise<ReadonlySet<string>>>();
  #byName: Promise<ReadonlyMap<string, string | undefined>> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The first of the paths that is there; else the only picture below the root with the name of one
   * of them; else the first path, whose absence is told when it is needed.
   */
  async find(paths: readonly [string, ...string[]]): Promise<string> {
    for (const path of paths) {
      if ((await this.#namesIn(dirname(path))).has(basename(path))) return path;
    }
    this.#byName ??= picturesByName(this.#root);
    const byName = await this.#byName;
    for (const path of paths) {
      const found = byName.get(basename(path));
      if (found !== undefined) return found;
    }
    return paths[0];
  }

  #namesIn(folder: string): Promise<ReadonlySet<string>> {
    const known =
      this.#folders.get(folder) ??
      readdir(folder).then(
        (names) => new Set(names),
        () => new Set<string>(),
      );
    this.#folders.set(folder, known);
    return known;
  }
}

/** A file may lie in somebody's home folder: the search ends after this many entries. */
const mostEntries = 1_000_000;

/** Pictures below a folder by name, undefined where there are several; hidden folders are left out. */
async function picturesByName(root: string): Promise<ReadonlyMap<string, string | undefined>> {
  const found = new Map<string, string | undefined>();
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (++entries > mostEntries) return found;
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (isPicture(path)) found.set(entry.name, found.has(entry.name) ? undefined : path);
    }
  }
  return found;
}
