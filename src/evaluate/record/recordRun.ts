/** Measures a run and keeps what was found on each picture. */

import { availableParallelism } from "node:os";
import { type Dataset, type LoadFailure, readDataset } from "../../data/index.ts";
import { openSegmentation, startSegmenter } from "../../segment/index.ts";
import { openRun, RunFolder, startAttender } from "../../train/index.ts";
import { version } from "../../version.ts";
import type { EvaluateJson } from "../evaluateJson.ts";
import { type EvaluateSegmentationOptions, evaluateSegmentation } from "../evaluateSegmentation.ts";
import { type EvaluateSplitOptions, evaluateSplit } from "../evaluateSplit.ts";
import { type EvaluationRecord, writeRecord } from "./evaluationRecord.ts";
import { PictureRecorder } from "./pictureRecorder.ts";

export interface RecordOptions {
  readonly split?: string;
  readonly threads?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
}

/**
 * Measures a run as `gain evaluate` does, without the CRF, and writes `evaluation.json` into its folder.
 *
 * @param dataPath  A data set with the run's classes.
 * @throws {RunError | DataError} When the run or the data cannot be used.
 */
export async function recordRun(
  path: string,
  dataPath: string,
  { threads = availableParallelism(), ...options }: RecordOptions = {},
): Promise<EvaluationRecord> {
  const folder = new RunFolder(path);
  const isSegmentation = (await folder.kind()) === "segmentation";
  const record = await (isSegmentation ? measureMasks : measureAttention)(path, dataPath, {
    threads,
    ...options,
  });
  await writeRecord(folder, record);
  return record;
}

/** As `evaluateSplit`, with what was found on each picture. @param step  Of the run. */
export async function recordSplit(
  options: Omit<EvaluateSplitOptions, "onPicture">,
  step: number,
): Promise<EvaluationRecord> {
  const recorder = new PictureRecorder(options.dataset.classes);
  const figures = await evaluateSplit({
    ...options,
    onPicture: (picture) => recorder.addAttention(picture),
  });
  return recordOf(recorder, figures, step, options.dataset);
}

/** As `evaluateSegmentation`, with what was found on each picture. @param step  Of the run. */
export async function recordSegmentation(
  options: Omit<EvaluateSegmentationOptions, "onPicture">,
  step: number,
): Promise<EvaluationRecord> {
  const recorder = new PictureRecorder(options.dataset.classes);
  const figures = await evaluateSegmentation({
    ...options,
    onPicture: ({ sample, mask, truth }) => recorder.addMask(sample, mask, truth),
  });
  return recordOf(recorder, figures, step, options.dataset);
}

/** What a record says besides its pictures. */
export function recordOf(
  { pictures }: PictureRecorder,
  figures: EvaluateJson,
  step: number,
  dataset: Dataset,
): EvaluationRecord {
  const { classes, splits } = dataset;
  const tags = splits.train.flatMap((sample) => sample.tags);
  return {
    version,
    step,
    split: figures.split,
    classes: [...classes],
    training: {
      pictures: splits.train.length,
      withMask: splits.train.filter(({ mask }) => mask !== undefined).length,
      withBoxes: splits.train.filter(({ mask, boxes }) => !mask && boxes).length,
      perClass: Object.fromEntries(
        classes.map((name, c) => [name, tags.filter((tag) => tag === c).length]),
      ),
    },
    figures,
    pictures: [...pictures],
  };
}

type Measure = (
  path: string,
  dataPath: string,
  options: RecordOptions & { readonly threads: number },
) => Promise<EvaluationRecord>;

const measureAttention: Measure = async (path, dataPath, { threads, ...options }) => {
  const run = await openRun(path);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  const { attender, close } = await startAttender(run, { threads });
  try {
    return await recordSplit({ attender, model: run.model, dataset, ...options }, run.step);
  } finally {
    await close();
  }
};

const measureMasks: Measure = async (path, dataPath, { threads, ...options }) => {
  const run = await openSegmentation(path);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  const { segmenter, close } = await startSegmenter(run, { threads });
  try {
    const { model, step } = run;
    return await recordSegmentation({ segmenter, model, dataset, threads, ...options }, step);
  } finally {
    await close();
  }
};
