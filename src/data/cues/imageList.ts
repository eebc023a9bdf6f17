/** Lists of pictures, as SEC's `input_list.txt`: "name.jpg id" a line, the number optional. */

import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { ProblemError } from "../problem.ts";

export interface ListedImage {
  /** The file's name without folder and ending. */
  readonly id: string;
  /** What the line numbers it. */
  readonly number?: number;
}

/** @throws {DataError} When the list cannot be read, is empty, or a line is malformed. */
export async function readImageList(file: string): Promise<ListedImage[]> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new ProblemError(file, "there is no such list, or it may not be read", "Check the path");
  });
  const images: ListedImage[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [name, number, ...rest] = line.trim().split(/\s+/);
    if (rest.length > 0 || (number !== undefined && !/^\d+$/.test(number))) {
      throw new ProblemError(
        file,
        `line ${i + 1} must be a name and perhaps a number; got "${line.trim()}"`,
        "Correct the line",
      );
    }
    const id = withoutEnding(basename(name));
    images.push({ id, ...(number !== undefined && { number: Number(number) }) });
  }
  if (images.length === 0) {
    throw new ProblemError(file, "the list is empty", "Give a list of pictures, one a line");
  }
  return images;
}

/** Ids may hold dots; only the endings of pictures are taken off. */
const withoutEnding = (name: string): string =>
  /^\.(jpe?g|png)$/i.test(extname(name)) ? name.slice(0, -extname(name).length) : name;
