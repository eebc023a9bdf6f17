/** Measures a trained run on a data set. */
import { availableParallelism } from "node:os";
import { readDataset } from "../data/index.ts";
import { openRun, startAttender } from "../train/index.ts";
import type { EvaluateJson } from "./evaluateJson.ts";
import { type EvaluateSplitOptions, evaluateSplit } from "./evaluateSplit.ts";

export interface EvaluateRunOptions
  extends Pick<EvaluateSplitOptions, "split" | "signal" | "onProgress" | "onFailure"> {
  /** Threads of one operator; as many as the machine runs at once by default. */
  readonly threads?: number;
}

/**
 * @param runFolder  A RUN folder.
 * @param dataPath   A data set with the run's classes.
 * @throws {RunError | DataError} When the run or the data cannot be used.
 */
export async function evaluateRun(
  runFolder: string,
  dataPath: string,
  { threads = availableParallelism(), ...options }: EvaluateRunOptions = {},
): Promise<EvaluateJson> {
  const run = await openRun(runFolder);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  const { attender, close } = await startAttender(run, { threads });
  try {
    return await evaluateSplit({ attender, model: run.model, dataset, ...options });
  } finally {
    await close();
  }
}
