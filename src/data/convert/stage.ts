/** The folder of a conversion: ours to replace, or refused. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ProblemError } from "../problem.ts";
import { type FolderMark, namesIfAny, stageFolder } from "../stageFolder.ts";

/** What marks a folder as one of ours, which may be replaced. Readers skip hidden files. */
const text = "made by gain convert\n";
const mark: FolderMark = { file: ".gain-convert", unfinished: text, finished: text };

/**
 * See `stageFolder`.
 *
 * @throws {DataError} When the folder, or its `.partial`, holds something that is no converted set.
 */
export async function stageConversion<T>(
  folder: string,
  fill: (partial: string) => Promise<T>,
): Promise<T> {
  await requireOurs(folder);
  await requireOurs(`${folder}.partial`);
  const unwritable = (message: string): Error =>
    new ProblemError(
      folder,
      `the folder must be writable (${message})`,
      "Free some space or rights there, or name another folder",
    );
  return stageFolder(folder, { mark, unwritable }, fill);
}

async function requireOurs(folder: string): Promise<void> {
  if ((await namesIfAny(folder)).length === 0) return;
  const found = await readFile(join(folder, mark.file), "utf8").catch(() => "");
  if (found === text) return;
  throw new ProblemError(
    folder,
    "there are files that gain convert did not make, and they would be replaced",
    "Name a new or empty folder",
  );
}
