/** The demo's report and its contact sheet. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Dataset } from "../data/index.ts";
import { writeContactSheet } from "../report/contactSheet.ts";
import { maskPicture } from "../report/maskPicture.ts";
import { overlay } from "../report/overlay.ts";
import type { ReportExample, ReportMap, ReportRun } from "../report/reportData.ts";
import { writeReport } from "../report/writeReport.ts";
import { type OpenedRun, openRun, startAttender } from "../train/index.ts";
import type { DemoStage } from "./demoRecipe.ts";
import { type BareExample, drawExamples, mapsOfRun } from "./examples.ts";
import { runFigures, settingsOf } from "./runFigures.ts";

/** Pictures of the report. */
const pictures = 12;

/** Rows of the contact sheet. */
const sheetRows = 5;

/** Writes both. @returns  Their paths. */
export async function writeDemoReport(
  out: string,
  stages: readonly DemoStage[],
  dataset: Dataset,
  seed: number,
): Promise<{ report: string; sheet: string }> {
  const bare = await drawExamples(dataset, "val", pictures, seed);
  const runs: ReportRun[] = [];
  const maps: ReportMap[][] = bare.map(() => []);
  let settings = {};
  for (const { name, label } of stages) {
    const run = await openRun(join(out, name));
    const figures = await runFigures(run.folder, label);
    if (figures !== undefined) runs.push(figures);
    const found = await attendedBy(run, label, dataset, bare);
    for (const [n, own] of found.entries()) maps[n].push(...own);
    const { guidance: _, masks: __, ...shared } = settingsOf(run.config);
    settings = shared;
  }
  const examples = bare.map(({ sample: _, ...example }, n) => ({ ...example, maps: maps[n] }));
  const report = join(out, "report.html");
  await writeReport(report, {
    title: "Where the network looks",
    intro: `Three short trainings from one shared start on the sample data set: ${stages.map(({ label }) => label).join(", ")}.`,
    settings,
    runs,
    examples,
    command: `gain demo --out ${out} --seed ${seed}`,
  });
  const sheet = join(out, "attention.png");
  await writeSheet(sheet, stages, examples);
  return { report, sheet };
}

async function attendedBy(
  run: OpenedRun,
  label: string,
  dataset: Dataset,
  examples: readonly BareExample[],
): Promise<ReportMap[][]> {
  const { attender, close } = await startAttender(run, { threads: availableParallelism() });
  try {
    return await mapsOfRun(label, { attender, model: run.model }, dataset, examples);
  } finally {
    await close();
  }
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
