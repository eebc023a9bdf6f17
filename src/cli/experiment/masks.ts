/** `gain experiment masks`: what each further mask is worth, in attention and in segmentation. */
import { mkdir } from "node:fs/promises";
import type { Command } from "commander";
import type { Dataset } from "../../data/index.ts";
import type { EvaluateJson } from "../../evaluate/evaluateJson.ts";
import type { Chart } from "../../report/chart.ts";
import { RunFolder, type TrainOptionsInput } from "../../train/index.ts";
import { startProgress } from "../progress.ts";
import { runFigures } from "../runFigures.ts";
import { runOptions } from "../runRecipe.ts";
import { cueStage, evaluateStage, runPaths, secStage } from "../runStages.ts";
import { TrainReporter } from "../trainReporter.ts";
import { recipeOf, selfGuided, unguided, withMasks } from "./recipe.ts";
import {
  type ExperimentFlags,
  experimentOptions,
  prepareExperiment,
  requireMasks,
  runExperiment,
  seedsOf,
  writeResults,
} from "./shared.ts";
import { guidanceAxis, type Spread, spreadOf, spreadSeries, spreadText } from "./spread.ts";
import { measureVariants, type VariantMeasures } from "./trainVariants.ts";

interface MasksFlags extends ExperimentFlags {
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

type MasksRow = VariantMeasures<MasksMeasure>;

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
    .option("--no-segmentation", "measure the attention only");
  experimentOptions(command, "gain-masks", [20, 60, 200])
    .addHelpText(
      "after",
      "\nThe paper's table 3. One classifier is trained without guidance, then goes on in several ways, each for\nas long (10 and 3 passes from scratch, 3 and 2 with --weights). The attention of each makes cues, and the\ncues teach a segmentation network. The masks guide the attention only; the segmentation network never\nsees them.",
    )
    .action((flags: MasksFlags) => runExperiment((signal) => runMasks(flags, signal)));
}

async function runMasks(flags: MasksFlags, signal: AbortSignal): Promise<void> {
  const { masks, out, tune } = flags;
  const { given, data, dataset } = await prepareExperiment(flags, "scenes", signal);
  requireMasks(dataset, masks);
  const variants = [unguided, selfGuided, ...masks.map((count) => withMasks(count))];
  const seeds = seedsOf(flags);
  const recipe = recipeOf(given, flags.continuedEpochs);
  const trainings = { recipe, variants, seeds, data, out, tune, signal };
  const rows = await measureVariants(trainings, async (run, label, seed) => {
    const metrics = (await runFigures(new RunFolder(run), label))?.metrics;
    const segmented = flags.segmentation
      ? await segment({ run, label, seed, data, dataset, given, flags, signal })
      : undefined;
    return {
      mAP: metrics?.classification?.mAP ?? null,
      attentionMIoU: metrics?.attention?.mIoU ?? null,
      segmentationMIoU: segmented?.segmentation?.mIoU ?? null,
    };
  });
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

const spreadOfFigure = (
  { measures }: MasksRow,
  figure: (typeof figures)[number],
): Spread | undefined => spreadOf(measures.flatMap((measure) => measure[figure] ?? []));

const tableOf = (rows: readonly MasksRow[]): string[][] => [
  ["guidance", ...figures.map((figure) => figureNames[figure])],
  ...rows.map((row) => [
    row.label,
    ...figures.map((figure) => spreadText(spreadOfFigure(row, figure))),
  ]),
];

function chartOf(rows: readonly MasksRow[], seeds: readonly number[]): Chart {
  return {
    title: "What masks are worth",
    categories: rows.map(({ label }) => label),
    categoryName: guidanceAxis(seeds),
    valueName: "percent, on val",
    series: figures.flatMap((figure) => {
      const spreads = rows.map((row) => spreadOfFigure(row, figure));
      if (spreads.every((spread) => spread === undefined)) return [];
      const isStrong = figure === "attentionMIoU";
      return [spreadSeries(figureNames[figure], spreads, { isStrong })];
    }),
  };
}
