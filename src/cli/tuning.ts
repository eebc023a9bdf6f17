/** `--tune`: how a command that trains chooses the algorithms of its convolutions. */
import { join } from "node:path";
import { Option } from "commander";
import envPaths from "env-paths";
import type { TuningOptions } from "../train/index.ts";
import type { TrainReporter } from "./trainReporter.ts";

export type Tune = TuningOptions["tune"];

export interface TuneFlags {
  readonly tune: Tune;
}

export const tuneOption = (): Option =>
  new Option(
    "--tune <when>",
    "algorithms of convolutions: auto, as measured before on this machine; on, measures what is missing; off, built-in",
  )
    .choices(["auto", "on", "off"] satisfies readonly Tune[])
    .default("auto");

/** The file of measurements in the user's cache folder, which all runs share. */
export const cacheFile = (): string =>
  join(envPaths("guided-attention", { suffix: "" }).cache, "algorithms.json");

export const tuningOf = (tune: Tune, reporter: TrainReporter): TuningOptions => ({
  tune,
  cache: cacheFile(),
  onProgress: (done, total) => reporter.choosing(done, total),
  onWarning: (text) => reporter.line(text),
});
