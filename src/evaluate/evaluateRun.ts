/** Measures a trained run, or a folder of masks, on a data set. */

import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Dataset, readDataset } from "../data/index.ts";
import { exists } from "../exists.ts";
import { masksFile, openSegmentation, startSegmenter } from "../segment/index.ts";
import { OptionError, openRun, RunFolder, startAttender } from "../train/index.ts";
import type { EvaluateJson } from "./evaluateJson.ts";
import { evaluateMasks } from "./evaluateMasks.ts";
import { evaluateSegmentation } from "./evaluateSegmentation.ts";
import { type EvaluateSplitOptions, evaluateSplit } from "./evaluateSplit.ts";

export interface EvaluateRunOptions
  extends Pick<EvaluateSplitOptions, "split" | "signal" | "onProgress" | "onFailure"> {
  /** Threads of one operator; as many as the machine runs at once by default. */
  readonly threads?: number;
  /** Whether a segmentation network's masks are refined by the dense CRF first. */
  readonly crf?: boolean;
  /** Layer of a classifier's attention; the one that it was trained with by default. */
  readonly layer?: string | undefined;
  /** Classes of a folder of masks; the data set's by default. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * @param path      A RUN folder of either kind, or a folder of masks, `<id>.png`.
 * @param dataPath  A data set with the run's classes.
 * @throws {RunError | DataError} When the run, the masks or the data cannot be used.
 * @throws {OptionError} When an option says nothing of what is measured.
 */
export async function evaluateRun(
  path: string,
  dataPath: string,
  options: EvaluateRunOptions = {},
): Promise<EvaluateJson> {
  const folder = new RunFolder(path);
  if (!(await folder.hasConfig())) {
    const dataset = await readDataset(dataPath, { classes: options.classes });
    if (await holdsMasks(path, dataset)) {
      const { crf, layer } = options;
      refuse(path, "a folder of masks, which are measured as they are", { crf, layer });
      return evaluateMasks(path, dataset, options);
    }
  }
  const { classes, layer } = options;
  if ((await folder.kind()) === "segmentation") {
    refuse(path, "a run of gain sec, which has its own classes and no attention", {
      classes,
      layer,
    });
    return segmentationOf(path, dataPath, options);
  }
  refuse(path, "a run of gain train, which has no masks", { crf: options.crf, classes });
  return classificationOf(path, dataPath, options);
}

/** @throws {OptionError} When an option is set that says nothing of what is measured. */
function refuse(path: string, what: string, options: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(options).find((name) => options[name]);
  if (given === undefined) return;
  throw new OptionError(`${given}: must be left out for ${path}: it is ${what}.`);
}

/** Whether a folder that is no run looks like one of masks: ids may name folders in it. */
async function holdsMasks(path: string, { splits }: Dataset): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  if (names.some((name) => name === masksFile || name.endsWith(".png"))) return true;
  for (const { id } of Object.values(splits).flat()) {
    if (await exists(join(path, `${id}.png`))) return true;
  }
  return false;
}

async function classificationOf(
  path: string,
  dataPath: string,
  { threads = availableParallelism(), layer, ...options }: EvaluateRunOptions,
): Promise<EvaluateJson> {
  const run = await openRun(path);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  const { attender, close } = await startAttender(run, { threads, layer });
  try {
    return await evaluateSplit({ attender, model: run.model, dataset, ...options });
  } finally {
    await close();
  }
}

async function segmentationOf(
  path: string,
  dataPath: string,
  { threads = availableParallelism(), crf = false, ...options }: EvaluateRunOptions,
): Promise<EvaluateJson> {
  const run = await openSegmentation(path);
  const { model, config } = run;
  const dataset = await readDataset(dataPath, { classes: config.classes });
  const { segmenter, close } = await startSegmenter(run, { threads });
  try {
    return await evaluateSegmentation({
      segmenter,
      model,
      dataset,
      threads,
      crf: crf ? config.options.crf : undefined,
      ...options,
    });
  } finally {
    await close();
  }
}
