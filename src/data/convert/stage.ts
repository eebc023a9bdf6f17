/** Filling a folder beside its place and moving it there when it is whole. */

import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ProblemError } from "../problem.ts";

/** What marks a folder as one of ours, which may be replaced. Readers skip hidden files. */
const markFile = ".gain-convert";
const mark = "made by gain convert\n";

/**
 * Lets `fill` write into `FOLDER.partial` and renames that to the folder. When `fill` fails, nothing
 * of it stays and the folder is as it was.
 *
 * @throws {DataError} When the folder, or its `.partial`, holds something that is no converted set.
 */
export async function stageConversion<T>(
  folder: string,
  fill: (partial: string) => Promise<T>,
): Promise<T> {
  const partial = `${folder}.partial`;
  await requireOurs(folder);
  await requireOurs(partial);
  try {
    await remove(partial);
    await mkdir(dirname(partial), { recursive: true });
    await mkdir(partial);
    await writeFile(join(partial, markFile), mark);
    const result = await fill(partial);
    await remove(folder);
    await rename(partial, folder);
    return result;
  } catch (error) {
    await remove(partial);
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new ProblemError(
      folder,
      `the folder must be writable (${error.message})`,
      "Free some space or rights there, or name another folder",
    );
  }
}

async function requireOurs(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["(a file)"];
    throw error;
  });
  if (names.length === 0) return;
  const text = await readFile(join(folder, markFile), "utf8").catch(() => "");
  if (text === mark) return;
  throw new ProblemError(
    folder,
    "there are files that gain convert did not make, and they would be replaced",
    "Name a new or empty folder",
  );
}

/** The mark goes last: what a killed process leaves is still known as ours. */
async function remove(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    if (name !== markFile) await rm(join(folder, name), { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}
