/** What preparing a run of any kind takes: checks of names, lengths, versions. */
import { createRequire } from "node:module";
import type { Preprocessing } from "../data/index.ts";
import type { PreprocessingName } from "./config.ts";
import type { InitialWeights } from "./initialWeights.ts";
import { preprocessings } from "./initialWeights.ts";
import { closestNames, OptionError } from "./parseOptions.ts";
import type { RunFolder } from "./runFolder.ts";

/** @throws {OptionError} When no network has that name. */
export function requireModelName(model: string, names: readonly string[]): void {
  if (names.includes(model)) return;
  const [closest] = closestNames(model, names);
  const cure = closest === undefined ? "" : ` Did you mean "${closest}"?`;
  throw new OptionError(`model: must be one of ${names.join(", ")}; got "${model}".${cure}`);
}

/**
 * The options of a run that goes on: its own, but perhaps for longer.
 *
 * @param before  Those that it was started with.
 * @param now     Those with what is given now in their place.
 * @throws {OptionError} When another one differs.
 */
export function requireLonger<O extends object>({ path }: RunFolder, before: O, now: O): O {
  for (const key of Object.keys(now) as (keyof O & string)[]) {
    const [was, is] = [before[key], now[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const isLength = key === "epochs" || key === "steps";
    if (isLength && Number(is) > Number(was)) continue;
    throw new OptionError(
      `${key}: a resumed run keeps its options${isLength ? ", or trains longer" : ""}; ${path} was started with ${JSON.stringify(was)}, got ${JSON.stringify(is)}. Leave it out, or choose another --out.`,
    );
  }
  return now;
}

/** Steps of an epoch and of the whole run. */
export function lengthOf(
  options: {
    readonly batchSize: number;
    readonly accumulate: number;
    readonly epochs: number;
    readonly steps?: number | undefined;
  },
  pictures: number,
): { stepsPerEpoch: number; totalSteps: number } {
  const { batchSize, accumulate, epochs, steps } = options;
  const stepsPerEpoch = Math.max(1, Math.floor(pictures / (batchSize * accumulate)));
  return { stepsPerEpoch, totalSteps: steps ?? Math.max(1, Math.floor(epochs * stepsPerEpoch)) };
}

/** How a run wants its pixels: as asked for, or as the weights or else the model want them. */
export function preprocessingOf(
  asked: PreprocessingName | Preprocessing | undefined,
  initial: InitialWeights | undefined,
  model: { readonly preprocessing: Preprocessing },
): {
  channels: Preprocessing["channels"];
  mean: [number, number, number];
  deviation: [number, number, number];
} {
  const named = typeof asked === "string" ? preprocessings[asked] : asked;
  const { channels, mean, deviation } = named ?? initial?.preprocessing ?? model.preprocessing;
  return { channels, mean: [...mean], deviation: [...deviation] };
}

/** Versions of what computes. */
export function runtimeVersions(): Record<string, string> {
  const require = createRequire(import.meta.url);
  const { version } = require("onnxruntime-node/package.json") as { version: string };
  return { node: process.versions.node, "onnxruntime-node": version };
}
