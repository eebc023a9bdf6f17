/** The demo's report and its contact sheet. */
import { join } from "node:path";
import type { Dataset } from "../data/index.ts";
import { recordRun } from "../evaluate/record/recordRun.ts";
import { choosePictures } from "../report/choosePictures.ts";
import { writeContactSheet } from "../report/contactSheet.ts";
import { maskPicture } from "../report/maskPicture.ts";
import { overlay } from "../report/overlay.ts";
import type { ReportExample, ReportRun } from "../report/reportData.ts";
import { writeReport } from "../report/writeReport.ts";
import { RunFolder } from "../train/index.ts";
import type { DemoStage } from "./demoRecipe.ts";
import { recordedExamples } from "./recordedExamples.ts";
import { historyOf, runFigures, settingsOf } from "./runFigures.ts";

/** Pictures of each list of the report. */
const perList = 8;

/** Rows of the contact sheet. */
const sheetRows = 5;

/** Writes both. @returns  Their paths. */
export async function writeDemoReport(
  out: string,
  stages: readonly DemoStage[],
  dataset: Dataset,
  seed: number,
): Promise<{ report: string; sheet: string }> {
  const runs: ReportRun[] = [];
  for (const { name, label } of stages) runs.push(await figuresOf(join(out, name), label));
  const chosen = choosePictures(runs, { perList, seed });
  const report = join(out, "report.html");
  await writeReport(report, {
    title: "Where the network looks",
    intro: `Three short trainings from one shared start on the sample data set: ${stages.map(({ label }) => label).join(", ")}.`,
    settings: {},
    runs,
    examples: await recordedExamples(chosen, runs, dataset),
    command: `gain demo --out ${out} --seed ${seed}`,
  });
  const sheet = join(out, "attention.png");
  const drawn = choosePictures(runs, { perList: sheetPictures, seed, lists: ["draw"] });
  await writeSheet(sheet, stages, await recordedExamples(drawn, runs, dataset));
  return { report, sheet };
}

/** Pictures among which those of the sheet are sought: not all have one tag. */
const sheetPictures = 12;

/** A run with what it found on each picture; measured again if an older version did not keep that. */
async function figuresOf(path: string, label: string): Promise<ReportRun> {
  const folder = new RunFolder(path);
  const config = await folder.readConfig();
  const settings = settingsOf(config);
  const figures = await runFigures(folder, label);
  if (figures?.record !== undefined) return { ...figures, settings };
  const record = await recordRun(path, config.data);
  const history = historyOf(await folder.readMetrics());
  return { name: label, metrics: record.figures, history, record, settings };
}

/** Pictures of one tag: the picture, the truth, and the attention of the first and last stage. */
async function writeSheet(
  path: string,
  stages: readonly DemoStage[],
  examples: readonly ReportExample[],
): Promise<void> {
  const [before, after] = [stages[0].label, stages[stages.length - 1].label];
  const rows = examples.flatMap(({ tags, picture, truth, maps }) => {
    const first = maps.find(({ run }) => run === before);
    const last = maps.find(({ run }) => run === after);
    if (tags.length !== 1 || !truth || !first || !last) return [];
    const shown = [picture, maskPicture(picture, truth), overlay(picture, first)];
    return [{ title: tags.join(", "), pictures: [...shown, overlay(picture, last)] }];
  });
  if (rows.length === 0) return;
  const columns = ["picture", "truth", `guidance: ${before}`, `guidance: ${after}`];
  await writeContactSheet(path, { columns, rows: rows.slice(0, sheetRows) });
}
