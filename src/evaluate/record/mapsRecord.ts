/** `maps.json` of a RUN folder: how good its attention maps are, as `gain evaluate` found them. */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { RunError, type RunFolder } from "../../train/index.ts";
import { tryParseJson } from "../../tryParseJson.ts";
import type { MapsResult } from "../evaluateJson.ts";

/** Name of the file in a RUN folder. */
export const mapsFile = "maps.json";

/** The figures of a method at a layer, and on what they were found. */
export interface RecordedMaps extends MapsResult {
  /** Absolute path of the data set. */
  readonly data: string;
  readonly split: string;
}

const recordSchema = z.object({
  format: z.literal(1),
  /** What tells entries apart is checked, the figures are not. */
  results: z.array(
    z.looseObject({
      data: z.string(),
      split: z.string(),
      method: z.string(),
      layer: z.string(),
      step: z.number(),
    }),
  ),
});

/**
 * Keeps figures beside those that are there. Of a method and layer, data set and split there is one
 * entry: the newest, with what an earlier one found besides, if that looked at the same weights in the
 * same way.
 *
 * @throws {RunError} When the file is damaged, or cannot be written.
 */
export async function recordMaps(
  folder: RunFolder,
  results: readonly RecordedMaps[],
): Promise<void> {
  const entries = new Map((await readMaps(folder)).map((entry) => [keyOf(entry), entry]));
  for (const result of results) {
    const before = entries.get(keyOf(result));
    const isSame = before !== undefined && settingsOf(before) === settingsOf(result);
    entries.set(keyOf(result), isSame ? { ...before, ...result } : result);
  }
  const lines = Array.from(entries.values(), (entry) => JSON.stringify(entry));
  await folder.writeFile(mapsFile, `{"format":1,"results":[\n${lines.join(",\n")}\n]}\n`);
}

/**
 * The figures of a run; none where none were kept.
 *
 * @throws {RunError} When the file is damaged.
 */
export async function readMaps(folder: RunFolder): Promise<readonly RecordedMaps[]> {
  const path = folder.file(mapsFile);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return [];
  const cure = "Delete the file; gain evaluate RUN DATA --methods all measures anew.";
  const value = tryParseJson(text);
  if (value === undefined) throw new RunError(`${path}: must be whole JSON. ${cure}`);
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new RunError(`${path}: ${place.join(".")}: ${message}. ${cure}`);
  }
  // The file was written from these.
  return parsed.data.results as unknown as readonly RecordedMaps[];
}

const keyOf = ({ data, split, method, layer }: RecordedMaps): string =>
  JSON.stringify([data, split, method, layer]);

const settingsOf = ({ step, seed, channels }: RecordedMaps): string =>
  JSON.stringify([step, seed, channels]);
