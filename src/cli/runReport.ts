/** The report of one run. */
import { writeReport } from "../report/writeReport.ts";
import type { RunContext } from "../train/index.ts";
import { drawExamples, mapsOfRun } from "./examples.ts";
import { runFigures, settingsOf } from "./runFigures.ts";

const pictures = 12;

/** Writes `report.html` into the run's folder, unless the run was never measured. */
export async function writeRunReport(context: RunContext, command: string): Promise<void> {
  const { folder, config, dataset } = context;
  const { guidance, masks, model, seed } = config.options;
  const name = guidance === "extra" ? `${masks} masks` : guidance;
  const figures = await runFigures(folder, name);
  if (figures === undefined) return;
  const examples = await drawExamples(dataset, "val", pictures, seed);
  const maps = await mapsOfRun(name, context, dataset, examples);
  await writeReport(folder.file("report.html"), {
    title: `Where the network looks: ${model}, ${config.classes.join(", ")}`,
    settings: settingsOf(config),
    runs: [figures],
    examples: examples.map(({ sample: _, ...example }, n) => ({ ...example, maps: maps[n] })),
    command,
  });
}
