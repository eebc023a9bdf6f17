/** `gain evaluate`: how well a run ranks pictures and where it looks. */
import type { Command } from "commander";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { evaluateRun } from "../evaluate/evaluateRun.ts";
import { evaluationLine, percent } from "./format.ts";
import { startProgress } from "./progress.ts";

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a run: mean average precision, and attention against masks")
    .argument("<run>", "RUN folder of gain train")
    .argument("<data>", "data set with the run's classes")
    .option("--split <name>", "split to measure", "val")
    .option("--json", "print one JSON object")
    .action(async (run: string, data: string, flags: { split: string; json?: boolean }) => {
      const progress = startProgress("evaluate");
      let unreadable = 0;
      const result = await evaluateRun(run, data, {
        split: flags.split,
        onProgress: (done, total) => progress.update(done, total),
        onFailure: ({ file, reason }) => {
          unreadable++;
          progress.line(`skipped ${file}: ${reason}`);
        },
      }).finally(() => progress.stop());
      if (unreadable > 0) process.stderr.write(`${unreadable} pictures were skipped\n`);
      process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : table(result));
    });
}

function table(result: EvaluateJson): string {
  const share = (value: number | null | undefined): string =>
    (typeof value === "number" ? percent(value) : "-").padStart(10);
  const { classes, classification, attention } = result;
  const width = Math.max("background".length, ...classes.map((name) => name.length));
  const rows = classes.map(
    (name) =>
      `  ${name.padEnd(width)}${share(classification.AP[name])}${attention ? share(attention.IoU[name]) : ""}\n`,
  );
  const heading = `  ${"".padEnd(width)}${"AP".padStart(10)}${attention ? "IoU".padStart(10) : ""}\n`;
  return `${evaluationLine(result)}\n${heading}${rows.join("")}`;
}
