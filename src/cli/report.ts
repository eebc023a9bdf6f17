/** `gain report`: one run, or several side by side, as one HTML file. */
import type { Command } from "commander";
import { writeReport } from "../report/writeReport.ts";
import { compareRuns } from "./comparison.ts";
import { wholeNumber } from "./flags.ts";
import { startProgress } from "./progress.ts";
import { commandLine } from "./trainFlags.ts";

interface ReportFlags {
  readonly out: string;
  readonly data?: string;
  readonly pictures: number;
}

export function addReport(program: Command): void {
  program
    .command("report")
    .description("one run, or several side by side, as one HTML file")
    .argument("<run...>", "RUN folders; the first is what the others are compared with")
    .requiredOption("--out <file.html>", "file to write")
    .option("--data <data>", "the data set, if it is no longer where the runs were trained")
    .option("--pictures <n>", "pictures of each list", wholeNumber, 12)
    .addHelpText(
      "after",
      "\nShows figures with 95 % intervals (bootstrap over pictures), paired differences from the first run,\nlosses, mistaken tags, settings that differ, and pictures: those whose attention changed most, that\ngot worse, the hardest, and some that are drawn. Figures are those of the last evaluation, kept in\nRUN/evaluation.json; a run without that file is measured, which makes it.",
    )
    .action(report);
}

async function report(paths: readonly string[], flags: ReportFlags): Promise<void> {
  const progress = startProgress("measure");
  const compared = await compareRuns(paths, {
    data: flags.data,
    perList: flags.pictures,
    measuring: (name) => {
      progress.line(`${name}: has no evaluation.json, so it is measured`);
      return {
        onProgress: (done, total) => progress.update(done, total),
        onFailure: ({ file, reason }) => progress.line(`skipped ${file}: ${reason}`),
      };
    },
  }).finally(() => progress.stop());
  for (const note of compared.notes ?? []) process.stderr.write(`${note}\n`);
  await writeReport(flags.out, { ...compared, command: commandLine() });
  process.stdout.write(`${flags.out}: ${compared.runs.map(({ name }) => name).join(", ")}\n`);
}
