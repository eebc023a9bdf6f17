/** `evaluation.json` of a RUN folder: what an evaluation found on each picture. */

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { RunError, type RunFolder } from "../../train/index.ts";
import { tryParseJson } from "../../tryParseJson.ts";
import { attentionThresholds } from "../attentionScore.ts";
import type { EvaluateJson } from "../evaluateJson.ts";

/** Name of the file in a RUN folder. */
export const evaluationFile = "evaluation.json";

const count = z.number().int().nonnegative();

const pictureSchema = z.object({
  id: z.string(),
  /** Places in `classes`. */
  tags: z.array(count),
  /** Of a classifier: a logit for each class; above 0 it finds the tag. */
  logits: z.array(z.number()).optional(),
  /** Of a classifier, where the picture has a mask. */
  attention: z
    .object({
      /** Share of the attention that lies on objects. */
      energy: z.number(),
      /**
       * Pixels of the quartered mask that are not void: [truth, class of the highest map, pixels whose
       * highest map is above none of `thresholds`, above the first only, ...]. The truth is 0 for the
       * background and i + 1 for class i, as a class of the maps is. Rows without pixels are left out.
       */
      pixels: z.array(z.array(count)),
    })
    .optional(),
  /** Of a classifier: the map of each tag in order, bytes in base64, row by row; 255 is its maximum. */
  maps: z.object({ height: count, width: count, values: z.array(z.string()) }).optional(),
  /** Of a segmentation network: [truth, prediction, pixels], 0 for the background, without zeros. */
  confusion: z.array(z.tuple([count, count, count])).optional(),
  /** Of a segmentation network: its mask made small, bytes deflated and in base64, row by row. */
  mask: z.object({ height: count, width: count, values: z.string() }).optional(),
});

/** What was found on one picture. */
export type PictureRecord = z.infer<typeof pictureSchema>;

const recordSchema = z.object({
  format: z.literal(1),
  /** Of this library. */
  version: z.string(),
  /** Of the run, when it was measured. */
  step: count,
  split: z.string(),
  classes: z.array(z.string()).min(1),
  thresholds: z.array(z.number()),
  /** What the run was trained on. */
  training: z.object({
    pictures: count,
    withMask: count,
    /** With boxes and no mask. */
    withBoxes: count.default(0),
    perClass: z.record(z.string(), count),
  }),
  /** As `gain evaluate --json` prints them; checked by `figuresOf` alone. */
  figures: z.looseObject({ split: z.string(), images: count, classes: z.array(z.string()) }),
  pictures: z.array(pictureSchema),
});

/** An evaluation with what it found on each picture. */
export interface EvaluationRecord
  extends Omit<z.infer<typeof recordSchema>, "figures" | "format" | "thresholds"> {
  readonly figures: EvaluateJson;
}

/** Writes the file, one picture a line. */
export function writeRecord(folder: RunFolder, record: EvaluationRecord): Promise<void> {
  const { pictures, ...head } = record;
  const opening = JSON.stringify({ format: 1, ...head, thresholds: attentionThresholds });
  const lines = pictures.map((picture) => JSON.stringify(picture));
  return folder.writeFile(
    evaluationFile,
    `${opening.slice(0, -1)},"pictures":[\n${lines.join(",\n")}\n]}\n`,
  );
}

/**
 * The file of a run; undefined where there is none.
 *
 * @throws {RunError} When it is damaged.
 */
export async function readRecord(folder: RunFolder): Promise<EvaluationRecord | undefined> {
  const path = folder.file(evaluationFile);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const value = tryParseJson(text);
  if (value === undefined) {
    throw new RunError(
      `${path}: must be whole JSON. Delete the file; gain report RUN --data DATA measures anew.`,
    );
  }
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new RunError(
      `${path}: ${place.join(".")}: ${message}. Delete the file; gain report RUN --data DATA measures anew.`,
    );
  }
  const { format: _, thresholds, figures, ...record } = parsed.data;
  if (JSON.stringify(thresholds) !== JSON.stringify(attentionThresholds)) {
    throw new RunError(
      `${path}: thresholds: must be those of this version, 0.02 to 0.8. Delete the file; gain report RUN --data DATA measures anew.`,
    );
  }
  // The file was written from an EvaluateJson.
  return { ...record, figures: figures as unknown as EvaluateJson };
}
