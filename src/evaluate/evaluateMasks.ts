/** Measures a folder of predicted masks against those of a data set. */

import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { listed } from "../data/listed.ts";
import { mapLimited } from "../data/mapLimited.ts";
import {
  decodeMask,
  illegalLabel,
  type LabelMap,
  legalValues,
  type MaskSource,
  maskFile,
} from "../data/mask.ts";
import { ProblemError, problemOf } from "../data/problem.ts";
import { samplesOf } from "../data/samplesOf.ts";
import { DataError, type Dataset, ignoreLabel } from "../data/types.ts";
import { exists } from "../exists.ts";
import { masksFile, masksFormat } from "../segment/maskFolder.ts";
import { tryParseJson } from "../tryParseJson.ts";
import type { EvaluateJson, SegmentationResult } from "./evaluateJson.ts";
import { SegmentationScore } from "./segmentationScore.ts";

export interface EvaluateMasksOptions {
  /** "val" by default. */
  readonly split?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What `evaluateMasks` finds: the segmentation alone. */
export type MasksEvaluation = EvaluateJson & { readonly segmentation: SegmentationResult };

/** Pictures that are decoded at a time. */
const inFlight = 4;

/**
 * Scores `<folder>/<id>.png` of every picture of the split that has a mask, by VOC's rules.
 *
 * A prediction has the pixel values of the data set's own masks: 0 for background and the number
 * of each chosen class. Pictures without a mask are counted in `withoutMask`.
 *
 * @throws {DataError} When the folder is made for other classes, the split is missing or has no
 *                     mask, or predictions are missing, of another size or with other values; all
 *                     of those are found before any is told.
 */
export async function evaluateMasks(
  folder: string,
  dataset: Dataset,
  { split = "val", signal, onProgress }: EvaluateMasksOptions = {},
): Promise<MasksEvaluation> {
  const root = resolve(folder);
  if (!(await stat(root).catch(() => undefined))?.isDirectory()) {
    throw new ProblemError(root, "there is no such folder of masks", "Check the path");
  }
  await requireClasses(root, dataset);
  const samples = samplesOf(dataset, split);
  const pairs = samples.flatMap(({ id, mask }) => (mask === undefined ? [] : [{ id, mask }]));
  if (pairs.length === 0) {
    throw new ProblemError(
      dataset.root,
      `no picture of the split "${split}" has a mask to compare with`,
      "Choose another --split, or add masks to the data set",
    );
  }
  const labels = predictionLabels(dataset.maskLabels);
  const score = new SegmentationScore(dataset.classes);
  let done = 0;
  const found = await mapLimited(pairs, inFlight, async ({ id, mask }) => {
    signal?.throwIfAborted();
    const offence = await scorePair(score, id, join(root, `${id}.png`), mask, {
      prediction: labels,
      truth: dataset.maskLabels,
    });
    onProgress?.(++done, pairs.length);
    return offence ?? [];
  });
  requireNone(root, split, found.flat(), labels);
  if (score.voidImages.length === pairs.length) {
    throw new ProblemError(
      dataset.root,
      `every mask of the split "${split}" is void everywhere, so that there is nothing to compare with`,
      "Choose another --split, or correct the masks",
    );
  }
  // Pictures are scored in the order in which they are decoded.
  const result = score.result();
  const order = new Map(pairs.map(({ id }, i) => [id, i]));
  const voidImages = [...result.voidImages].sort(
    (a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0),
  );
  return {
    split,
    images: score.images,
    classes: dataset.classes,
    segmentation: { ...result, voidImages, withoutMask: samples.length - pairs.length },
  };
}

const kinds = ["missing", "of another size", "unusable", "with an unusable truth"] as const;

interface Offence {
  readonly kind: (typeof kinds)[number];
  readonly line: string;
}

/** Adds one picture to the score, or says why it cannot be. */
async function scorePair(
  score: SegmentationScore,
  id: string,
  prediction: string,
  truth: MaskSource,
  labels: { readonly prediction: Uint8Array; readonly truth: Uint8Array },
): Promise<Offence | undefined> {
  if (!(await exists(prediction))) return { kind: "missing", line: id };
  const predicted = await decodeOrReason(prediction, labels.prediction);
  if (typeof predicted === "string") return { kind: "unusable", line: `${id}: ${predicted}` };
  const actual = await decodeOrReason(truth, labels.truth);
  if (typeof actual === "string") {
    return { kind: "with an unusable truth", line: `${maskFile(truth)}: ${actual}` };
  }
  if (predicted.width !== actual.width || predicted.height !== actual.height) {
    const [is, must] = [predicted, actual].map(({ width, height }) => `${width}x${height}`);
    return { kind: "of another size", line: `${id} is ${is}, must be ${must}` };
  }
  score.add(predicted, actual, id);
  return undefined;
}

async function decodeOrReason(source: MaskSource, labels: Uint8Array): Promise<LabelMap | string> {
  try {
    return await decodeMask(source, labels);
  } catch (error) {
    return problemOf(error).reason;
  }
}

/** Without void and the values of classes that were not chosen: a prediction has neither. */
function predictionLabels(maskLabels: Uint8Array): Uint8Array {
  return maskLabels.map((label, value) =>
    label === ignoreLabel || (label === 0 && value > 0) ? illegalLabel : label,
  );
}

function requireNone(
  folder: string,
  split: string,
  offences: readonly Offence[],
  labels: Uint8Array,
): void {
  if (offences.length === 0) return;
  const groups = kinds.map((kind) => ({
    kind,
    lines: offences.filter((offence) => offence.kind === kind).map(({ line }) => line),
  }));
  const counts = groups.map(({ kind, lines }) => `${lines.length} ${kind}`).join(", ");
  const lists = groups
    .filter(({ lines }) => lines.length > 0)
    .map(({ kind, lines }) => `\n  ${kind}: ${listed(lines)}.`);
  throw new DataError(
    `${folder}: there must be a prediction <id>.png for each picture of the split "${split}" that ` +
      `has a mask, of the mask's size; ${counts}.${lists.join("")}` +
      `\nPredict those pictures (again), with the values ${legalValues(labels)}.`,
  );
}

const description = z.object({
  format: z.literal(masksFormat),
  classes: z.array(z.string()),
});

/** @throws {DataError} When the folder says that its masks are of other classes. */
async function requireClasses(folder: string, { classes }: Dataset): Promise<void> {
  const file = join(folder, masksFile);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new ProblemError(file, "the file may not be read", "Check its rights");
  });
  if (text === undefined) return;
  const found = description.safeParse(tryParseJson(text));
  if (!found.success) {
    throw new ProblemError(
      file,
      `this must be a JSON object with "format": "${masksFormat}" and "classes"`,
      "Segment the pictures again, or delete the file to score the masks without this check",
    );
  }
  const theirs = found.data.classes;
  if (theirs.length === classes.length && theirs.every((name, i) => name === classes[i])) return;
  throw new ProblemError(
    file,
    `the masks are of the classes ${theirs.join(",")}, the data set's are ${classes.join(",")}`,
    `Choose the same ones in the same order (--classes ${theirs.join(",")}), or segment the pictures with the others`,
  );
}
