/** Writing a CUES folder; reading it is in src/data/cues. */

import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CueHeader, cueFormat } from "../data/index.ts";
import { messageOf } from "../messageOf.ts";
import { type CueSet, countCues } from "../sec/cueSet.ts";
import { RunError, writeAtomically } from "../train/index.ts";

export type CueOrigin = Pick<CueHeader, "source" | "data" | "options" | "digest" | "unreadable">;

/**
 * Writes `cues.bin` and then `cues.json`, without which the folder holds no cues.
 *
 * @returns  What `cues.json` says.
 * @throws {RunError} When the folder cannot be written.
 */
export async function writeCueSet(
  folder: string,
  cues: CueSet,
  origin: CueOrigin,
): Promise<CueHeader> {
  const { size, classes, grids } = cues;
  const { background, foreground, none, imagesOfClass, withoutCue, neverSeeded } = countCues(cues);
  const header = {
    format: cueFormat,
    size,
    classes,
    ids: [...grids.keys()],
    ...origin,
    cells: { background, foreground, none },
    imagesOfClass,
    withoutCue,
    neverSeeded,
  } as const;
  const bytes = Buffer.concat([...grids.values()]);
  await makeCueFolder(folder);
  // Never an old header beside new grids.
  await rm(join(folder, "cues.json"), { force: true });
  await writeAtomically(join(folder, "cues.bin"), (path) => writeFile(path, bytes));
  await writeAtomically(join(folder, "cues.json"), (path) =>
    writeFile(path, `${JSON.stringify(header, null, 1)}\n`),
  );
  return header;
}

/** @throws {RunError} When it cannot be made. */
export async function makeCueFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new RunError(
      `${folder}: cannot be made (${messageOf(error)}). Choose another --out for the cues.`,
    );
  });
}
