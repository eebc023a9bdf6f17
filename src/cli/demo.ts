/** `gain demo`, which `npm start` runs: the sample, and three trainings side by side. */
import { join } from "node:path";
import type { Command } from "commander";
import { readDataset } from "../data/index.ts";
import { RunFolder } from "../train/index.ts";
import { type DemoStage, demoRecipe, startName } from "./demoRecipe.ts";
import { writeDemoReport } from "./demoReport.ts";
import { wholeNumber } from "./flags.ts";
import { duration, percent } from "./format.ts";
import { untilInterrupted } from "./interrupt.ts";
import { makeSample } from "./makeSample.ts";
import { runFigures } from "./runFigures.ts";
import { trainAsStage } from "./training.ts";
import { type TuneFlags, tuneOption } from "./tuning.ts";

export interface DemoFlags extends TuneFlags {
  readonly out: string;
  readonly images: number;
  readonly seed: number;
}

export function addDemo(program: Command): void {
  program
    .command("demo")
    .description("make the sample, train on it without guidance, with self-guidance and with masks")
    .option(
      "--out <dir>",
      "folder for all of it; finished stages in it are used again",
      "gain-demo",
    )
    .option("--images <n>", "pictures of the sample", wholeNumber, 2400)
    .option("--seed <n>", "of the sample and the training", wholeNumber, 1)
    .addOption(tuneOption())
    .action((flags: DemoFlags) => runDemo(flags, demoRecipe));
}

/** Does the stages that are not done yet, prints the figures, and writes the report. */
export async function runDemo(
  { out, images, seed, tune }: DemoFlags,
  recipe: readonly DemoStage[],
): Promise<void> {
  const start = performance.now();
  await untilInterrupted(async (signal) => {
    const sample = join(out, "sample");
    const { isNew } = await makeSample(sample, { images, seed, signal });
    process.stderr.write(
      `sample: ${images} pictures in ${sample}${isNew ? "" : " (there already)"}\n`,
    );
    for (const stage of recipe) await runStage(stage, { out, seed, tune }, sample, signal);
    const dataset = await readDataset(sample);
    const continuations = recipe.filter(({ name }) => name !== startName);
    const { report, sheet } = await writeDemoReport(out, continuations, dataset, seed);
    process.stdout.write(`\n${await table(out, continuations)}\n`);
    process.stdout.write(`${report}: losses, figures and attention maps\n`);
    process.stdout.write(`${sheet}: attention before and after\n`);
    process.stdout.write(`took ${duration((performance.now() - start) / 1000)}\n`);
  });
}

async function runStage(
  { name, title, options }: DemoStage,
  { out, seed, tune }: Omit<DemoFlags, "images">,
  data: string,
  signal: AbortSignal,
): Promise<void> {
  const start = new RunFolder(join(out, startName)).checkpointPath;
  await trainAsStage({
    title: name,
    about: title,
    data,
    out: join(out, name),
    options: { ...options, seed, ...(name !== startName && { weights: start }) },
    tune,
    signal,
  });
}

/** The figures side by side. */
async function table(out: string, stages: readonly DemoStage[]): Promise<string> {
  const rows = [row("", ["mAP", "attention mIoU", "energy"])];
  for (const { name, label } of stages) {
    const figures = await runFigures(new RunFolder(join(out, name)), name);
    if (figures === undefined) continue;
    const { classification, attention } = figures.metrics;
    const cells = [classification?.mAP, attention?.mIoU, attention?.energy];
    rows.push(
      row(
        label,
        cells.map((cell) => (cell === undefined ? "-" : percent(cell))),
      ),
    );
  }
  return rows.join("");
}

const row = (title: string, cells: readonly string[]): string =>
  `${title.padEnd(12)}${cells.map((cell) => cell.padStart(16)).join("")}\n`;
