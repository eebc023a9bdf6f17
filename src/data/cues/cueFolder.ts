/** A CUES folder: `cues.bin`, grids one behind the other, and `cues.json`, which says what they are. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../messageOf.ts";
import type { CueSet } from "../../sec/cueSet.ts";
import { ProblemError } from "../problem.ts";

export const cueFormat = "guided-attention cues 1";

const count = z.number().int().nonnegative();

const cueHeaderSchema = z.object({
  format: z.literal(cueFormat),
  /** Side of the grids, cells. */
  size: z.number().int().positive(),
  /** Class i has the label i + 1. */
  classes: z.array(z.string()).readonly(),
  /** Of the grids, in their order. */
  ids: z.array(z.string()).readonly(),
  /** Where the cues came from: a RUN or a file. */
  source: z.string(),
  /** The data set that they are for. */
  data: z.string(),
  /** What they were made with; absent for imported ones. */
  options: z.record(z.string(), z.unknown()).optional(),
  /** Of everything that the grids follow from; absent for imported ones. */
  digest: z.string().optional(),
  cells: z.object({ background: count, foreground: count, none: count }),
  imagesOfClass: z.record(z.string(), count),
  /** Ids of pictures that could not be read, and have no grid. */
  unreadable: z.array(z.string()).readonly(),
  /** Ids of pictures whose grid has no cue. */
  withoutCue: z.array(z.string()).readonly(),
  /** Classes without a cue. */
  neverSeeded: z.array(z.string()).readonly(),
});

/** `cues.json`. */
export type CueHeader = z.infer<typeof cueHeaderSchema>;

/** @throws {DataError} When the folder holds no cues, or other ones than its header says. */
export async function readCueFolder(folder: string): Promise<CueSet> {
  const { size, classes, ids } = await readCueHeader(folder);
  const file = join(folder, "cues.bin");
  const bytes = await readFile(file).catch(() => {
    throw new ProblemError(file, "not found, or it may not be read", remake);
  });
  const cells = size * size;
  if (bytes.length !== ids.length * cells) {
    throw new ProblemError(
      file,
      `the file must hold ${ids.length} grids of ${size}x${size} cells, as cues.json says, ` +
        `${ids.length * cells} bytes; it has ${bytes.length}`,
      remake,
    );
  }
  return { size, classes, grids: gridsOf(ids, bytes, cells) };
}

/** @throws {DataError} When the folder holds no `cues.json`, or a malformed one. */
export async function readCueHeader(folder: string): Promise<CueHeader> {
  const file = join(folder, "cues.json");
  const text = await readFile(file, "utf8").catch(() => {
    throw new ProblemError(
      file,
      "not found, so this folder holds no finished cues",
      "Make them with gain cues RUN DATA --out CUES",
    );
  });
  const parsed = cueHeaderSchema.safeParse(parseJson(file, text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProblemError(file, `${issue.path.join(".")}: ${issue.message}`, remake);
}

/** Grids that lie one behind the other, in the order of the ids. */
export function gridsOf(
  ids: readonly string[],
  bytes: Uint8Array,
  cells: number,
): Map<string, Uint8Array> {
  const { buffer, byteOffset } = bytes;
  return new Map(
    ids.map((id, i) => [id, new Uint8Array(buffer, byteOffset + i * cells, cells)] as const),
  );
}

const remake = "Make the cues anew with gain cues";

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError(file, `this must be JSON (${messageOf(error)})`, remake);
  }
}
