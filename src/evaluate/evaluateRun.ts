/** Measures a trained run, or a folder of masks, on a data set. */
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { readDataset } from "../data/index.ts";
import { masksFile, openSegmentation, startSegmenter } from "../segment/index.ts";
import { openRun, RunFolder, startAttender } from "../train/index.ts";
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
  /** Classes of a folder of masks; the data set's by default. */
  readonly classes?: readonly string[] | undefined;
}

/**
 * @param path      A RUN folder of either kind, or a folder of masks, `<id>.png`.
 * @param dataPath  A data set with the run's classes.
 * @throws {RunError | DataError} When the run, the masks or the data cannot be used.
 */
export async function evaluateRun(
  path: string,
  dataPath: string,
  options: EvaluateRunOptions = {},
): Promise<EvaluateJson> {
  const folder = new RunFolder(path);
  const isMasks = !(await folder.hasConfig()) && (await holdsMasks(path));
  if (isMasks) {
    const dataset = await readDataset(dataPath, { classes: options.classes });
    return evaluateMasks(path, dataset, options);
  }
  return (await folder.kind()) === "segmentation"
    ? segmentationOf(path, dataPath, options)
    : classificationOf(path, dataPath, options);
}

/** Whether a folder that is no run looks like one of masks. */
async function holdsMasks(path: string): Promise<boolean> {
  const names = await readdir(path, { recursive: true }).catch(() => []);
  return names.some((name) => name === masksFile || name.endsWith(".png"));
}

async function classificationOf(
  path: string,
  dataPath: string,
  { threads = availableParallelism(), ...options }: EvaluateRunOptions,
): Promise<EvaluateJson> {
  const run = await openRun(path);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  const { attender, close } = await startAttender(run, { threads });
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
