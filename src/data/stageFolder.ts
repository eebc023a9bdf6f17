/** Filling a folder beside its place and moving it there when it is whole. */

import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that says of a folder that it is ours, and may be replaced. */
export interface FolderMark {
  readonly file: string;
  /** What it holds while the folder is written or removed. */
  readonly unfinished: string;
  /** What it holds once the folder is whole. */
  readonly finished: string;
}

export interface StageOptions {
  readonly mark: FolderMark;
  /** The error that takes the place of the file system's. */
  readonly unwritable: (message: string) => Error;
}

/**
 * Lets `fill` write into `FOLDER.partial` and renames that to the folder, which is replaced. When
 * `fill` fails, nothing of it stays and the folder is as it was. What the two hold is the caller's to
 * look at before.
 */
export async function stageFolder<T>(
  folder: string,
  { mark, unwritable }: StageOptions,
  fill: (partial: string) => Promise<T>,
): Promise<T> {
  const partial = `${folder}.partial`;
  const write = (text: string): Promise<void> => writeFile(join(partial, mark.file), text);
  try {
    await removeMarked(partial, mark);
    await mkdir(dirname(partial), { recursive: true });
    await mkdir(partial);
    await write(mark.unfinished);
    const result = await fill(partial);
    await write(mark.finished);
    await removeMarked(folder, mark);
    await rename(partial, folder);
    return result;
  } catch (error) {
    // Nothing is written to it any more: the disk may be full.
    await removeMarkLast(partial, mark.file);
    throw error instanceof Error && "syscall" in error ? unwritable(error.message) : error;
  }
}

/** Names in a folder; none where there is no folder, and one where a file is in its place. */
export async function namesIfAny(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") return ["(a file)"];
    throw error;
  });
}

/** Removes a folder that says so of itself meanwhile. */
async function removeMarked(folder: string, { file, unfinished }: FolderMark): Promise<void> {
  if ((await namesOf(folder)).includes(file)) await writeFile(join(folder, file), unfinished);
  await removeMarkLast(folder, file);
}

/** Removes a folder, its mark last: what a killed process leaves is still known as ours. */
async function removeMarkLast(folder: string, last: string): Promise<void> {
  for (const name of await namesOf(folder)) {
    if (name !== last) await rm(join(folder, name), { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
}

const namesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
