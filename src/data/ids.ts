/** Ids of pictures that a file lists by their paths. */

import { pathBelow } from "./files.ts";
import { idsOf } from "./folders.ts";
import { ProblemError } from "./problem.ts";

/**
 * Paths below the root without their extension, for each picture. Ids become names of files: they
 * do not climb out of a folder.
 *
 * @throws {DataError} When a path cannot be a picture's: the error names the list.
 */
export function idsBelow(list: string, root: string, images: readonly string[]): string[] {
  const ids = idsOf(
    images.map((image) => pathBelow(root, image).replace(/^(\.\.(\/|$))+|^[a-z]:\//i, "")),
  );
  const bad = ids.findIndex((id) => !canBeId(id));
  if (bad >= 0) {
    throw new ProblemError(
      list,
      `it lists a picture by ${JSON.stringify(images[bad].slice(0, 200))}, which is no path of a file`,
      "Correct the path",
    );
  }
  return ids;
}

/** Whether `<id>.png` is a file in or below a folder. */
export function canBeId(id: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no file's name has.
  return id !== "" && !/[\0-\x1f]|^\/|(^|\/)\.\.?(\/|$)/.test(id);
}
