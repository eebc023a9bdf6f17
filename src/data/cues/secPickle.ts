/** SEC's `localization_cues.pickle`: labels and cue cells of numbered pictures. */

import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { messageOf } from "../../messageOf.ts";
import { defaultCueSize, noCue } from "../../sec/cueGrid.ts";
import { vocClasses } from "../classes.ts";
import { ProblemError } from "../problem.ts";
import { type IntegerArray, readIntegerArrays } from "./numpyPickle.ts";

export interface NumberedCues {
  /** VOC ids of the picture's classes, 1 to 20. */
  readonly labels: readonly number[];
  /** [41, 41]: 0 background, 1 to 20 VOC's classes, 255 no cue. */
  readonly grid: Uint8Array;
}

/**
 * The cues by picture number; which picture has the number is in SEC's `input_list.txt`.
 *
 * @throws {DataError} When this is no pickle of cues. Nothing in it is run.
 */
export async function readSecPickle(file: string): Promise<Map<number, NumberedCues>> {
  const arrays = await readArrays(file);
  const cues = new Map<number, NumberedCues>();
  for (const [key, array] of arrays) {
    const [, digits] = /^(\d+)_cues$/.exec(key) ?? [];
    if (digits === undefined) continue;
    const labels = arrays.get(`${digits}_labels`);
    if (labels === undefined) {
      throw malformed(file, `the picture ${digits} has cues, but no labels`);
    }
    cues.set(Number(digits), {
      labels: [...labels.values],
      grid: gridOf(file, digits, array),
    });
  }
  if (cues.size === 0) throw malformed(file, "it holds no cues");
  return cues;
}

async function readArrays(file: string): Promise<Map<string, IntegerArray>> {
  const bytes = await readFile(file).catch(() => {
    throw new ProblemError(file, "there is no such file, or it may not be read", "Check the path");
  });
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    return readIntegerArrays(isCompressed ? await promisify(gunzip)(bytes) : bytes);
  } catch (error) {
    throw malformed(file, `it is no pickle of integer arrays (${messageOf(error)})`);
  }
}

/** From class, row and column of each cue, [3, K]. */
function gridOf(file: string, number: string, { shape, values }: IntegerArray): Uint8Array {
  const size = defaultCueSize;
  if (shape.length !== 2 || shape[0] !== 3) {
    throw malformed(
      file,
      `the cues of picture ${number} must be [3, K]; got [${shape.join(", ")}]`,
    );
  }
  const [, count] = shape;
  const grid = new Uint8Array(size * size).fill(noCue);
  for (let k = 0; k < count; k++) {
    const [label, row, column] = [values[k], values[count + k], values[2 * count + k]];
    const isInside = row >= 0 && row < size && column >= 0 && column < size;
    if (!isInside || label < 0 || label > vocClasses.length) {
      throw malformed(
        file,
        `cue ${k} of picture ${number} is class ${label} at row ${row}, column ${column}, ` +
          `which must be 0 to ${vocClasses.length} in ${size}x${size} cells`,
      );
    }
    const cell = row * size + column;
    if (grid[cell] !== noCue && grid[cell] !== label) {
      throw malformed(
        file,
        `row ${row}, column ${column} of picture ${number} has two classes, ${grid[cell]} and ${label}`,
      );
    }
    grid[cell] = label;
  }
  return grid;
}

const malformed = (file: string, reason: string): ProblemError =>
  new ProblemError(
    file,
    reason,
    "Take localization_cues.pickle.gz as SEC's repository has it; nothing in this file was run",
  );
