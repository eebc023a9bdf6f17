/** The report of `gain run`, and its sheet of masks. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Dataset, decodeMask, type LabelMap, readCueSet } from "../data/index.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { writeContactSheet } from "../report/contactSheet.ts";
import { cuePicture } from "../report/cuePicture.ts";
import { maskPicture } from "../report/maskPicture.ts";
import { overlay } from "../report/overlay.ts";
import type { ReportExample, ReportRun } from "../report/reportData.ts";
import { writeReport } from "../report/writeReport.ts";
import { readSegmentationConfig } from "../segment/index.ts";
import { openRun, RunFolder, startAttender } from "../train/index.ts";
import { type BareExample, drawExamples, mapsOfRun } from "./examples.ts";
import { runFigures, settingsOf } from "./runFigures.ts";
import type { Staging } from "./runStages.ts";

/** Pictures of the report, and rows of the sheet. */
const pictures = 12;
const sheetRows = 6;

/** Writes both. @returns  Whether there is a report: the sheet needs no split "val". */
export async function writePipelineReport(
  staging: Staging,
  evaluation: EvaluateJson | undefined,
  command: string,
): Promise<boolean> {
  const { dataset, paths, options } = staging;
  const { seed = 0 } = options.train;
  const train = await drawExamples(dataset, "train", sheetRows, seed);
  const val = await drawExamples(dataset, "val", pictures - train.length, seed);
  const examples = await shownExamples(staging, [...train, ...val]);
  await writeSheet(paths.sheet, examples);
  const runs = await figuresOf(staging, evaluation);
  if (runs.length === 0) return false;
  const config = await new RunFolder(paths.classifier).readConfig();
  await writeReport(paths.report, {
    title: `From tags to masks: ${dataset.classes.join(", ")}`,
    intro: `A classifier learnt the tags of ${dataset.splits.train.length} pictures, its attention became cues, the cues taught a segmentation network. The masks below may hold only the tags of their picture; the figures do not use tags.`,
    settings: { ...settingsOf(config), ...(await segmentationSettings(staging)) },
    runs,
    examples,
    command,
  });
  return true;
}

/** Each example with its attention, cues and mask. */
async function shownExamples(
  { dataset, paths, options }: Staging,
  bare: readonly BareExample[],
): Promise<ReportExample[]> {
  const run = await openRun(paths.classifier);
  const { threads = availableParallelism() } = options.train;
  const { attender, close } = await startAttender(run, { threads });
  const cueSet = await readCueSet(paths.cues);
  try {
    const maps = await mapsOfRun(classifierName, { attender, model: run.model }, dataset, bare);
    const shown: ReportExample[] = [];
    for (const [n, { sample, ...example }] of bare.entries()) {
      const grid = cueSet.grids.get(sample.id);
      const side = cueSet.size;
      const cues = grid && cuePicture(example.picture, { labels: grid, width: side, height: side });
      const found = await maskOf(dataset, paths.masks, sample.id);
      const mask = found && maskPicture(example.picture, found);
      const panels = [
        ...(cues ? [{ title: "cues", picture: cues }] : []),
        ...(mask ? [{ title: "mask", picture: mask }] : []),
      ];
      shown.push({ ...example, maps: maps[n], panels });
    }
    return shown;
  } finally {
    await close();
  }
}

/** Name of the classifier in the report. */
const classifierName = "classifier";

async function segmentationSettings({ paths }: Staging): Promise<Record<string, string | number>> {
  const { inputSize, totalSteps, options } = await readSegmentationConfig(paths.segmenter);
  return {
    "segmentation network": options.model,
    "its input size": inputSize,
    "its steps": totalSteps,
    "its batch size": options.batchSize,
  };
}

/** A mask that was written; a picture that could not be read has none. */
const maskOf = (
  { maskLabels }: Dataset,
  folder: string,
  id: string,
): Promise<LabelMap | undefined> =>
  decodeMask(join(folder, `${id}.png`), maskLabels).catch(() => undefined);

/** Both trainings with their losses; the masks' figures are those with the CRF. */
async function figuresOf(
  { paths }: Staging,
  evaluation: EvaluateJson | undefined,
): Promise<ReportRun[]> {
  const classifier = await runFigures(new RunFolder(paths.classifier), classifierName);
  const segmenter = await runFigures(new RunFolder(paths.segmenter), "segmentation network");
  if (classifier === undefined) return [];
  if (segmenter === undefined) return [classifier];
  if (evaluation === undefined) return [classifier, segmenter];
  // What was kept of each picture is without the CRF.
  return [classifier, { ...segmenter, metrics: evaluation, record: undefined }];
}

/** Pictures with what the stages made of them, so that a mistake shows where it began. */
async function writeSheet(path: string, examples: readonly ReportExample[]): Promise<void> {
  const columns = ["picture", "attention", "cues", "mask"];
  const rows = examples.flatMap(({ tags, picture, maps: [map], panels = [] }) => {
    if (map === undefined) return [];
    const pictures = [picture, overlay(picture, map), ...panels.map((panel) => panel.picture)];
    return pictures.length < columns.length ? [] : [{ title: tags.join(", "), pictures }];
  });
  if (rows.length === 0) return;
  await writeContactSheet(path, { columns, rows: rows.slice(0, sheetRows) });
}
