/** What the experiments have in common: their flags, their sample, and how they tell what they found. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type Dataset, readDataset, type SampleKind } from "../../data/index.ts";
import { modelNames } from "../../nn/index.ts";
import type { Chart } from "../../report/chart.ts";
import { supervisable, type TrainOptionsInput, writeAtomically } from "../../train/index.ts";
import { UsageError } from "../errors.ts";
import { gather, parts, wholeNumber } from "../flags.ts";
import { duration } from "../format.ts";
import { untilInterrupted } from "../interrupt.ts";
import { makeSample } from "../makeSample.ts";
import { givenOptions } from "../trainFlags.ts";
import { type TuneFlags, tuneOption } from "../tuning.ts";
import { markdownTable, textTable } from "./spread.ts";

export interface ExperimentFlags extends TuneFlags {
  readonly out: string;
  /** The user's data; the sample where there is none. */
  readonly data?: string;
  /** Pictures of the sample. */
  readonly images: number;
  readonly masks: readonly number[];
  readonly seeds: number;
  readonly firstSeed: number;
  readonly continuedEpochs?: number;
  readonly json?: boolean;
}

/** Adds the flags that all experiments take. */
export function experimentOptions(
  command: Command,
  out: string,
  masks: readonly number[],
): Command {
  return command
    .option("--data <data>", "your own data set; the sample by default")
    .option("--out <dir>", "folder for all of it; finished trainings in it are used again", out)
    .option("--images <n>", "pictures of the sample", wholeNumber, 2400)
    .option("--masks <a,b,c>", "numbers of pictures with masks or boxes", wholeNumbers, masks)
    .option("--seeds <n>", "how many trainings of each kind", wholeNumber, 1)
    .option("--first-seed <n>", "the seeds are this one and those after it", wholeNumber, 0)
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option(
      "--model <name>",
      `one of ${modelNames.join(", ")}, or a FILE.onnx; smallnet by default`,
    )
    .option("--weights <file>", "weights of the start: .safetensors, .h5, .onnx, .pth")
    .option("--epochs <n>", "passes of the start")
    .option("--continued-epochs <n>", "passes of each continuation", wholeNumber)
    .option("--threads <n>", "threads of one operator; all cores by default")
    .option("--set <key=value>", "an option of gain train; may be repeated", gather)
    .addOption(tuneOption())
    .option("--json", "print the result as one JSON object");
}

/** "10,30,100". */
function wholeNumbers(text: string): number[] {
  const numbers = parts(text).map((part) => wholeNumber(part));
  if (numbers.some((count) => count < 1)) {
    throw new InvalidArgumentError("Each must be at least 1.");
  }
  return numbers;
}

export const seedsOf = ({ seeds, firstSeed }: ExperimentFlags): number[] =>
  Array.from({ length: Math.max(1, seeds) }, (_, i) => firstSeed + i);

/** What an experiment starts from. */
export interface Prepared {
  /** The options for all trainings. */
  readonly given: TrainOptionsInput;
  /** Path of the data set. */
  readonly data: string;
  readonly dataset: Dataset;
}

/** The options, and the user's data or the sample. */
export async function prepareExperiment(
  { masks: _, ...flags }: ExperimentFlags,
  kind: SampleKind,
  signal: AbortSignal,
): Promise<Prepared> {
  const { out, images } = flags;
  const given = await givenOptions(flags);
  await mkdir(out, { recursive: true });
  const data =
    flags.data ?? (await makeSample(join(out, "sample"), { kind, images, signal })).directory;
  return { given, data, dataset: await readDataset(data, { classes: given.classes }) };
}

/**
 * What the last training would refuse is refused before the first one.
 *
 * @throws {UsageError} When fewer pictures may guide than are asked for.
 */
export function requireMasks(
  dataset: Dataset,
  counts: readonly number[],
  maskClasses?: readonly string[],
): void {
  const able = supervisable(dataset, maskClasses).length;
  const most = Math.max(...counts);
  if (most <= able) return;
  throw new UsageError(
    `--masks: must be at most the ${able} training pictures of ${dataset.root} with a mask or boxes; got ${most}.`,
  );
}

/** Runs an experiment so that Ctrl-C leaves what can be gone on with, and tells how long it took. */
export async function runExperiment(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const start = performance.now();
  await untilInterrupted(work);
  process.stderr.write(`took ${duration((performance.now() - start) / 1000)}\n`);
}

export interface ExperimentResults {
  readonly result: object;
  readonly table: readonly (readonly string[])[];
  readonly chart: Chart;
}

/** Writes `results.json`, `results.md` and the figure, and prints the table or the JSON. */
export async function writeResults(
  { out, json }: Pick<ExperimentFlags, "out" | "json">,
  { result, table, chart }: ExperimentResults,
): Promise<void> {
  const write = (name: string, text: string): Promise<void> =>
    writeAtomically(join(out, name), (path) => writeFile(path, text));
  await write("results.json", `${JSON.stringify(result, null, 2)}\n`);
  await write("results.md", `# ${chart.title}\n\n${chart.valueName}\n\n${markdownTable(table)}`);
  // ECharts is 600 files, half of what the command line would load at each start.
  const { writeChart } = await import("../../report/chart.ts");
  await writeChart(join(out, "figure"), chart);
  if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`\n${chart.valueName}\n\n${textTable(table)}\n`);
  process.stderr.write(`${join(out, "figure.png")}, figure.svg, results.md, results.json\n`);
}
