/** What the experiments have in common: their flags, their sample, and how they tell what they found. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type SampleKind, writeSample } from "../../data/index.ts";
import { modelNames } from "../../nn/index.ts";
import { type Chart, writeChart } from "../../report/chart.ts";
import { type TrainOptionsInput, writeAtomically } from "../../train/index.ts";
import { ExitStatus, exitStatus } from "../errors.ts";
import { gather, parts, wholeNumber } from "../flags.ts";
import { duration } from "../format.ts";
import { interruptSignal } from "../interrupt.ts";
import { startProgress } from "../progress.ts";
import { givenOptions } from "../trainFlags.ts";
import { type TuneFlags, tuneOption } from "../tuning.ts";
import { markdownTable, textTable } from "./spread.ts";

export interface ExperimentFlags extends TuneFlags {
  readonly out: string;
  /** The user's data; the sample where there is none. */
  readonly data?: string;
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
    .option("--masks <a,b,c>", "numbers of pictures with masks or boxes", wholeNumbers, masks)
    .option("--seeds <n>", "how many trainings of each kind", wholeNumber, 1)
    .option("--first-seed <n>", "the seeds are this one and those after it", wholeNumber, 0)
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option(
      "--model <name>",
      `one of ${modelNames.join(", ")}, or a FILE.onnx; smallnet by default`,
    )
    .option("--weights <file>", "weights of the start: .safetensors, .h5, .onnx, .pth")
    .option("--epochs <n>", "passes of the start; 10 from scratch, 3 with weights")
    .option(
      "--continued-epochs <n>",
      "passes of each continuation; 3 from scratch, 2 with weights",
      wholeNumber,
    )
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

/** The options for all trainings. */
export function trainingOptions({
  masks: _,
  ...flags
}: ExperimentFlags): Promise<TrainOptionsInput> {
  return givenOptions(flags);
}

export const seedsOf = ({ seeds, firstSeed }: ExperimentFlags): number[] =>
  Array.from({ length: Math.max(1, seeds) }, (_, i) => firstSeed + i);

/** Writes the sample, unless it is there. @returns  Its path. */
export async function makeSample(
  directory: string,
  options: { readonly kind: SampleKind; readonly images: number; readonly signal: AbortSignal },
): Promise<string> {
  const progress = startProgress("sample");
  try {
    await writeSample(directory, {
      ...options,
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.stop();
  }
  return directory;
}

/** Runs an experiment so that Ctrl-C leaves what can be gone on with. */
export async function withInterrupt(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const start = performance.now();
  const { signal, release } = interruptSignal(() =>
    process.stderr.write("stopping; run the same command again to go on\n"),
  );
  try {
    await work(signal);
    process.stderr.write(`took ${duration((performance.now() - start) / 1000)}\n`);
  } catch (error) {
    throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
  } finally {
    release();
  }
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
  await writeChart(join(out, "figure"), chart);
  if (json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`\n${chart.valueName}\n\n${textTable(table)}\n`);
  process.stderr.write(`${join(out, "figure.png")}, figure.svg, results.md, results.json\n`);
}
