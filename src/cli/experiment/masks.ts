/** `gain experiment masks`: what each further mask is worth, in attention and in segmentation. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { type Dataset, readDataset } from "../../data/index.ts";
import type { EvaluateJson } from "../../evaluate/evaluateJson.ts";
import type { Chart, ChartSeries } from "../../report/chart.ts";
import { RunFolder, type TrainOptionsInput } from "../../train/index.ts";
import { UsageError } from "../errors.ts";
import { wholeNumber } from "../flags.ts";
import { startProgress } from "../progress.ts";
import { runFigures } from "../runFigures.ts";
import { runOptions } from "../runRecipe.ts";
import { cueStage, evaluateStage, runPaths, secStage } from "../runStages.ts";
import { TrainReporter } from "../trainReporter.ts";
import { recipeOf, selfGuided, unguided, withMasks } from "./recipe.ts";
import {
  type ExperimentFlags,
  experimentOptions,
  makeSample,
  seedsOf,
  trainingOptions,
  withInterrupt,
  writeResults,
} from "./shared.ts";
import { spreadOf, spreadText } from "./spread.ts";
import { runOf, trainVariants } from "./trainVariants.ts";

interface MasksFlags extends ExperimentFlags {
  readonly images: number;
  /** `--no-segmentation`. */
  readonly segmentation: boolean;
}

/** Of one run, fractions. */
interface MasksMeasure {
  readonly mAP: number | null;
  readonly attentionMIoU: number | null;
  /** Of the segmentation network that its cues taught, with the CRF. */
  readonly segmentationMIoU: number | null;
}

interface MasksRow {
  readonly label: string;
  /** One for each seed. */
  readonly measures: readonly MasksMeasure[];
}

const figures = ["mAP", "attentionMIoU", "segmentationMIoU"] as const;
const figureNames = {
  mAP: "mAP",
  attentionMIoU: "attention mIoU",
  segmentationMIoU: "segmentation mIoU (CRF)",
} as const;

export function addMasks(experiment: Command): void {
  const command = experiment
    .command("masks")
    .description("attention and segmentation against the number of masks")
    .option("--images <n>", "pictures of the sample", wholeNumber, 2400)
    .option("--no-segmentation", "measure the attention only");
  experimentOptions(command, "gain-masks", [20, 60, 200])
    .addHelpText(
      "after",
      "\nThe paper's table 3. One classifier is trained without guidance, then goes on in several ways, each for\nas long. The attention of each makes cues, and the cues teach a segmentation network. The masks guide\nthe attention only; the segmentation network never sees them.",
    )
    .action((flags: MasksFlags) => withInterrupt((signal) => runMasks(flags, signal)));
}

async function runMasks(flags: MasksFlags, signal: AbortSignal): Promise<void> {
  const { out, images, tune } = flags;
  const given = await trainingOptions(flags);
  await mkdir(out, { recursive: true });
  const data =
    flags.data ?? (await makeSample(join(out, "sample"), { kind: "scenes", images, signal }));
  const dataset = await readDataset(data, { classes: given.classes });
  requireMasks(dataset, flags.masks);
  const variants = [unguided, selfGuided, ...flags.masks.map((count) => withMasks(count))];
  const seeds = seedsOf(flags);
  const recipe = recipeOf(given, flags.continuedEpochs);
  await trainVariants({ recipe, variants, seeds, data, out, tune, signal });

  const rows: MasksRow[] = [];
  for (const { name, label } of variants) {
    const measures: MasksMeasure[] = [];
    for (const seed of seeds) {
      const run = runOf(out, seed, name);
      const metrics = (await runFigures(new RunFolder(run), label))?.metrics;
      const segmented = flags.segmentation
        ? await segment({ run, label, seed, data, dataset, given, flags, signal })
        : undefined;
      measures.push({
        mAP: metrics?.classification?.mAP ?? null,
        attentionMIoU: metrics?.attention?.mIoU ?? null,
        segmentationMIoU: segmented?.segmentation?.mIoU ?? null,
      });
    }
    rows.push({ label, measures });
  }
  const result = { data, seeds, rows };
  await writeResults(flags, { result, table: tableOf(rows), chart: chartOf(rows, seeds) });
}

interface Segmenting {
  /** RUN folder of the classifier. */
  readonly run: string;
  readonly label: string;
  readonly seed: number;
  readonly data: string;
  readonly dataset: Dataset;
  readonly given: TrainOptionsInput;
  readonly flags: MasksFlags;
  readonly signal: AbortSignal;
}

/** Cues of a classifier, and the segmentation network that they teach, measured on "val". */
async function segment(work: Segmenting): Promise<EvaluateJson | undefined> {
  const { run, label, seed, data, dataset, given, flags, signal } = work;
  const paths = { ...runPaths(`${run}-segmentation`), classifier: run };
  await mkdir(`${run}-segmentation`, { recursive: true });
  const checkpoint = new RunFolder(run).checkpointPath;
  // Epochs are those of the classifiers.
  const { epochs: _, ...shared } = given;
  const staging = {
    ...{ data, dataset, paths, cues: {}, tune: flags.tune, signal, progress: startProgress },
    options: runOptions(
      { train: { ...shared, seed }, sec: {} },
      checkpoint,
      dataset.splits.train.length,
    ),
    reporter: (title: string) => new TrainReporter({ title: `${title} ${label}` }),
  };
  await cueStage(staging);
  await secStage(staging);
  return evaluateStage(staging);
}

/** What the last training would refuse is refused before the first one. */
function requireMasks({ splits, root }: Dataset, counts: readonly number[]): void {
  const able = splits.train.filter(
    ({ tags, mask, boxes = [] }) => tags.length > 0 && (mask !== undefined || boxes.length > 0),
  ).length;
  const most = Math.max(...counts);
  if (most <= able) return;
  throw new UsageError(
    `--masks: must be at most the ${able} training pictures of ${root} with a mask or boxes; got ${most}.`,
  );
}

/** Values of a figure, one for each seed that has it. */
const valuesOf = ({ measures }: MasksRow, figure: (typeof figures)[number]): number[] =>
  measures.flatMap((measure) => measure[figure] ?? []);

function tableOf(rows: readonly MasksRow[]): string[][] {
  const cell = (values: readonly number[]): string =>
    values.length === 0 ? "-" : spreadText(spreadOf(values));
  return [
    ["guidance", ...figures.map((figure) => figureNames[figure])],
    ...rows.map((row) => [row.label, ...figures.map((figure) => cell(valuesOf(row, figure)))]),
  ];
}

function chartOf(rows: readonly MasksRow[], seeds: readonly number[]): Chart {
  const series = figures.flatMap((figure): ChartSeries[] => {
    const found = rows.map((row) => {
      const values = valuesOf(row, figure);
      return values.length === 0 ? undefined : spreadOf(values);
    });
    if (found.every((spread) => spread === undefined)) return [];
    return [
      {
        name: figureNames[figure],
        values: found.map((spread) => (spread === undefined ? null : 100 * spread.mean)),
        ...(seeds.length > 1 && {
          spans: found.map((spread) =>
            spread === undefined ? null : ([100 * spread.low, 100 * spread.high] as const),
          ),
        }),
        isStrong: figure === "attentionMIoU",
      },
    ];
  });
  return {
    title: "What masks are worth",
    categories: rows.map(({ label }) => label),
    categoryName:
      seeds.length > 1 ? `guidance (means of ${seeds.length} seeds, and their range)` : "guidance",
    valueName: "percent, on val",
    series,
  };
}
