/** Fits a set of cues to a data set: classes by name, pictures by id. */

import { noCue } from "../../sec/cueGrid.ts";
import { type CueSet, countCues, countLabels } from "../../sec/cueSet.ts";
import { ProblemError } from "../problem.ts";
import type { Dataset } from "../types.ts";

/** What is amiss with cues that can be used all the same. */
export interface CueWarnings {
  /** Ids of training pictures without a grid. */
  readonly withoutGrid: readonly string[];
  /** Ids of training pictures whose grid has no cue. */
  readonly withoutCue: readonly string[];
  /** Classes without a cue in any training picture. */
  readonly neverSeeded: readonly string[];
  /** Ids of training pictures with cues of classes that are not among their tags. */
  readonly untagged: readonly string[];
  /** Cells of such cues. */
  readonly untaggedCells: number;
}

export interface FittedCues {
  /** Of the training pictures that have a grid, with the data set's classes. */
  readonly cues: CueSet;
  readonly warnings: CueWarnings;
}

/**
 * The cues of the training pictures with the labels of the data set; cues of classes that the data
 * set does not use become no cue.
 *
 * @throws {DataError} When no training picture has cues, a class of the data set is none of the
 *                     cues', or a grid holds a label that stands for nothing.
 */
export function cuesFor({ root, classes, splits }: Dataset, cueSet: CueSet): FittedCues {
  const missing = classes.find((name) => !cueSet.classes.includes(name));
  if (missing !== undefined) {
    throw new ProblemError(
      root,
      `the cues have no class "${missing}"; they have ${cueSet.classes.join(", ")}`,
      "Make cues for the data set's classes, or choose classes with --classes",
    );
  }
  const labels = new Uint8Array(256).fill(noCue);
  labels[0] = 0;
  for (const [i, name] of classes.entries()) labels[cueSet.classes.indexOf(name) + 1] = i + 1;

  const grids = new Map<string, Uint8Array>();
  const [withoutGrid, untagged]: [string[], string[]] = [[], []];
  let untaggedCells = 0;
  for (const { id, tags } of splits.train ?? []) {
    const grid = cueSet.grids.get(id);
    if (grid === undefined) {
      withoutGrid.push(id);
      continue;
    }
    checkLabels(id, grid, cueSet);
    const fitted = grid.map((label) => labels[label]);
    grids.set(id, fitted);
    const counts = countLabels(fitted);
    const strange = classes.reduce((sum, _, c) => sum + (tags.includes(c) ? 0 : counts[c + 1]), 0);
    if (strange > 0) untagged.push(id);
    untaggedCells += strange;
  }
  if (grids.size === 0) {
    const [example] = cueSet.grids.keys();
    throw new ProblemError(
      root,
      `none of the ${withoutGrid.length} training pictures has cues; there are cues of ` +
        `${cueSet.grids.size} others${example === undefined ? "" : `, such as "${example}"`}`,
      "Give the cues that were made for this data set",
    );
  }
  const cues = { size: cueSet.size, classes, grids };
  const { withoutCue, neverSeeded } = countCues(cues);
  return { cues, warnings: { withoutGrid, withoutCue, neverSeeded, untagged, untaggedCells } };
}

function checkLabels(id: string, grid: Uint8Array, { size, classes }: CueSet): void {
  if (grid.length !== size * size) {
    throw new ProblemError(
      id,
      `the picture's grid must have ${size}x${size} cells; it has ${grid.length}`,
      "Make the cues anew",
    );
  }
  const cell = grid.findIndex((label) => label > classes.length && label !== noCue);
  if (cell < 0) return;
  throw new ProblemError(
    id,
    `the picture's cue at row ${Math.floor(cell / size)}, column ${cell % size} is ${grid[cell]}, which stands for no class`,
    `Use 0 for background, 1 to ${classes.length} for the classes and ${noCue} for no cue`,
  );
}
