/** Starting weights of a run, from a file. */

import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import {
  caffePreprocessing,
  isClassifierName,
  isOptimizerName,
  type Model,
  matchWeights,
  type Preprocessing,
  readWeights,
  torchvisionPreprocessing,
  type Weights,
} from "../nn/index.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { type PreprocessingName, preprocessingSchema } from "./config.ts";
import { checkpointName } from "./runFolder.ts";

export interface InitialWeights {
  /** By the model's names; the head may be missing. */
  readonly weights: Weights;
  /** How the file's network wants its pixels, where its names tell. */
  readonly preprocessing?: Preprocessing;
}

/**
 * Reads the weights that fit a model. The head may be missing or of other classes: it then starts
 * anew. The file may hold a head of its own, or the optimiser's memory of a checkpoint.
 *
 * @throws {WeightsError} When the file cannot be read or does not fit the model.
 */
export async function initialWeights(path: string, model: Model): Promise<InitialWeights> {
  const weights = await readWeights(path);
  const heads = new Set(model.parameters.filter(({ isHead }) => isHead).map(({ name }) => name));
  const expected = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  const matched = matchWeights(weights, expected, {
    file: path,
    allowMissing: (name) => heads.has(name),
    allowUnexpected: (name) => isClassifierName(name) || isOptimizerName(name),
  });
  return { weights: matched, ...(await preprocessingOfFile(path, weights)) };
}

/**
 * How a file's network wants its pixels, where that is known: a run's checkpoint has it in the
 * configuration beside it, and torchvision's networks are known by the names of their tensors.
 */
export async function preprocessingOfFile(
  path: string,
  weights: Weights,
): Promise<Pick<InitialWeights, "preprocessing">> {
  const text = await readFile(join(dirname(path), "config.json"), "utf8").catch(() => undefined);
  if (text !== undefined && basename(path) === checkpointName) {
    const { data } = configSchema.safeParse(tryParseJson(text));
    if (data !== undefined) return data;
  }
  const isTorchvision = [...weights.keys()].some((name) => name.startsWith("features."));
  return isTorchvision ? { preprocessing: torchvisionPreprocessing } : {};
}

/** What is read of a configuration. */
const configSchema = z.object({ preprocessing: preprocessingSchema });

/** Preprocessing by name. */
export const preprocessings: Readonly<Record<PreprocessingName, Preprocessing>> = {
  caffe: caffePreprocessing,
  torchvision: torchvisionPreprocessing,
  // From -1 to 1.
  tensorflow: {
    channels: "rgb",
    mean: [127.5, 127.5, 127.5],
    deviation: [127.5, 127.5, 127.5],
  },
  // From 0 to 1.
  unit: { channels: "rgb", mean: [0, 0, 0], deviation: [255, 255, 255] },
};
