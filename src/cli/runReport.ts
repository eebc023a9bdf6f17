/** The report of one run. */
import { choosePictures } from "../report/choosePictures.ts";
import { writeReport } from "../report/writeReport.ts";
import type { RunContext } from "../train/index.ts";
import { recordedExamples } from "./recordedExamples.ts";
import { runFigures, settingsOf } from "./runFigures.ts";

/** Pictures of each list: the hardest ones, and some that are drawn. */
const perList = 12;

/** Writes `report.html` into the run's folder, unless the run was never measured. */
export async function writeRunReport(context: RunContext, command: string): Promise<void> {
  const { folder, config, dataset } = context;
  const { guidance, masks, model, seed } = config.options;
  const name = guidance === "extra" ? `${masks} masks` : guidance;
  const figures = await runFigures(folder, name);
  if (figures === undefined) return;
  const chosen = choosePictures([figures], { perList, seed });
  await writeReport(folder.file("report.html"), {
    title: `Where the network looks: ${model}, ${config.classes.join(", ")}`,
    settings: settingsOf(config),
    runs: [figures],
    examples: await recordedExamples(chosen, [figures], dataset),
    command,
  });
}
