/** Cues in any form: our CUES folder, or one of SEC's published files. */

import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exists } from "../../exists.ts";
import { defaultCueSize } from "../../sec/cueGrid.ts";
import type { CueSet } from "../../sec/cueSet.ts";
import { vocClasses } from "../classes.ts";
import { ProblemError } from "../problem.ts";
import { gridsOf, readCueFolder } from "./cueFolder.ts";
import { readImageList } from "./imageList.ts";
import { readSecPickle } from "./secPickle.ts";

export interface ReadCueSetOptions {
  /** Ids of the grids of a `.bin` file without a list, in order: the data set's train ids. */
  readonly ids?: readonly string[];
  /** SEC's `input_list.txt`, or a list like it. */
  readonly list?: string | undefined;
}

/** Whether the path is one of SEC's files by its ending, and no folder. */
export const isSecFile = (path: string): boolean => /\.(bin|pickle|pkl)(\.gz)?$/i.test(path);

/**
 * Reads a CUES folder; SEC's binary form (`.bin`), one 41x41 grid of VOC's labels per line of a
 * list; or SEC's `localization_cues.pickle`, also `.gz`, with the `input_list.txt` beside it.
 *
 * @throws {DataError} When these are no cues, or which pictures they are for is not known.
 */
export async function readCueSet(path: string, options: ReadCueSetOptions = {}): Promise<CueSet> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory()) return readCueFolder(path);
  if (info === undefined) {
    throw new ProblemError(path, "there is no such file or folder", "Check the path");
  }
  if (!isSecFile(path)) {
    throw new ProblemError(
      path,
      "these are no cues: a file must end in .bin, .pickle or .pickle.gz",
      "Give one of those, or a CUES folder of gain cues",
    );
  }
  return /\.bin$/i.test(path) ? readBinary(path, options) : readPickled(path, options);
}

async function readBinary(file: string, { ids, list }: ReadCueSetOptions): Promise<CueSet> {
  const bytes = await readFile(file);
  const names = list === undefined ? (ids ?? []) : (await readImageList(list)).map(({ id }) => id);
  const [size, cells] = [defaultCueSize, defaultCueSize ** 2];
  if (bytes.length !== names.length * cells) {
    const count = bytes.length / cells;
    const holds = Number.isInteger(count)
      ? `${count} grids of ${size}x${size} cells`
      : `${bytes.length} bytes, which is no whole number of ${size}x${size} grids`;
    throw new ProblemError(
      file,
      `it holds ${holds}; ${list ?? "the data set's split train"} has ${names.length} pictures`,
      "Name the list of its pictures, one a line, with --list FILE",
    );
  }
  return { size, classes: vocClasses, grids: gridsOf(names, bytes, cells) };
}

async function readPickled(file: string, { list }: ReadCueSetOptions): Promise<CueSet> {
  const path = list ?? (await listBeside(file));
  const numbered = await readSecPickle(file);
  const grids = new Map<string, Uint8Array>();
  for (const { id, number } of await readImageList(path)) {
    if (number === undefined) {
      throw new ProblemError(
        path,
        `the picture "${id}" must have a number after its name, as in SEC's input_list.txt`,
        "Name that list with --list FILE",
      );
    }
    const cues = numbered.get(number);
    if (cues !== undefined) grids.set(id, cues.grid);
  }
  if (grids.size === 0) {
    throw new ProblemError(
      path,
      `none of its numbers is one of the ${numbered.size} in ${file}`,
      "Name the input_list.txt that belongs to the pickle with --list FILE",
    );
  }
  return { size: defaultCueSize, classes: vocClasses, grids };
}

async function listBeside(file: string): Promise<string> {
  const path = join(dirname(file), "input_list.txt");
  if (await exists(path)) return path;
  throw new ProblemError(
    file,
    'the pickle numbers its pictures, and which they are is in SEC\'s input_list.txt ("name.jpg id" a line), which is not beside it',
    "Take training/input_list.txt from the repository kolesman/SEC, and put it there or name it with --list FILE",
  );
}
