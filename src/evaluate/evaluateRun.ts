/** Measures a trained run, or a folder of masks, on a data set. */

import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { withBoxes } from "../data/boxes.ts";
import { type Dataset, readDataset } from "../data/index.ts";
import { samplesOf } from "../data/samplesOf.ts";
import { exists } from "../exists.ts";
import type { CamMethod } from "../gain/index.ts";
import { masksFile, openSegmentation, startSegmenter } from "../segment/index.ts";
import {
  type OpenedRun,
  OptionError,
  openRun,
  RunFolder,
  Scorer,
  startAttender,
  startWithParameters,
  ViewAttender,
} from "../train/index.ts";
import type { EvaluateJson } from "./evaluateJson.ts";
import { evaluateMasks } from "./evaluateMasks.ts";
import { evaluateSegmentation } from "./evaluateSegmentation.ts";
import { type EvaluateSplitOptions, evaluateSplit } from "./evaluateSplit.ts";
import { type MapsOptions, MapsScore } from "./mapsScore.ts";

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
  /** How good a classifier's maps are, by method and layer; not measured by default. */
  readonly maps?: RunMapsOptions | undefined;
}

/** Which maps of a run are measured, and how. */
export interface RunMapsOptions extends Omit<MapsOptions, "views"> {
  /** Only "grad-cam" by default. */
  readonly methods?: readonly CamMethod[] | undefined;
  /** The layer of the run's attention by default. */
  readonly layers?: readonly string[] | undefined;
  /** Channels of Score-CAM; see `ScoreCamOptions`. */
  readonly channels?: number | undefined;
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
      const { crf, layer, maps } = options;
      refuse(path, "a folder of masks, which are measured as they are", { crf, layer, ...maps });
      return evaluateMasks(path, dataset, options);
    }
  }
  const { classes, layer, maps } = options;
  if ((await folder.kind()) === "segmentation") {
    refuse(path, "a run of gain sec, which has its own classes and no attention", {
      classes,
      layer,
      ...maps,
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
  { threads = availableParallelism(), layer, maps, ...options }: EvaluateRunOptions,
): Promise<EvaluateJson> {
  const run = await openRun(path);
  const dataset = await readDataset(dataPath, { classes: run.config.classes });
  if (maps !== undefined) return mapsOf(run, dataset, maps, { threads, layer, ...options });
  const { attender, close } = await startAttender(run, { threads, layer });
  try {
    return await evaluateSplit({ attender, model: run.model, dataset, ...options });
  } finally {
    await close();
  }
}

/** The same with the figures of maps; one program gives the maps of all that take gradients. */
async function mapsOf(
  { model, parameters, config, step }: OpenedRun,
  dataset: Dataset,
  { methods = ["grad-cam"], layers, channels, ...measures }: RunMapsOptions,
  {
    threads,
    layer = config.options.layer ?? model.attentionLayer,
    split = "val",
    ...options
  }: Pick<EvaluateRunOptions, "layer" | "split" | "signal" | "onProgress" | "onFailure"> & {
    readonly threads: number;
  },
): Promise<EvaluateJson> {
  const given = samplesOf(dataset, split);
  const samples = measures.localization === undefined ? given : await withBoxes(given);
  const views = [...new Set(layers ?? [layer])].flatMap((place) =>
    [...new Set(methods)].map((method) => ({ method, layer: place })),
  );
  const { started, close } = await startWithParameters(
    parameters,
    { device: config.options.device, threads },
    async (executor) => ({
      attender: await ViewAttender.start(executor, model, {
        views,
        layer,
        ...(channels !== undefined && { channels }),
      }),
      scorer: await Scorer.start(executor, model),
    }),
  );
  try {
    const network = { model, scorer: started.scorer };
    const score = new MapsScore(dataset.classes, samples, network, { ...measures, views });
    const result = await evaluateSplit({
      attender: started.attender,
      model,
      dataset: { ...dataset, splits: { ...dataset.splits, [split]: samples } },
      split,
      ...options,
      onPicture: (picture) => score.add(picture),
    });
    const maps = score.result().map((found) => ({
      ...found,
      step,
      ...(found.method === "score-cam" && channels !== undefined && { channels }),
    }));
    return { ...result, maps };
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
