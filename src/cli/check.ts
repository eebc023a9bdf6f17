/** `gain check`: what is in a data set, and what is wrong with it. */
import type { Command } from "commander";
import { checkDataset, type DatasetReport } from "../data/index.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { startProgress } from "./progress.ts";

export function addCheck(program: Command): void {
  program
    .command("check")
    .description("list what is in a data set, and what is wrong with it")
    .argument("<data>", "VOC folder, folder of class folders, or CSV/JSON table")
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExits with 0 when the data set can be trained on: pictures and masks that cannot be read are\nlisted, and skipped in training. Exits with 1 when it cannot: no picture can be read, a class\nhas no picture, or the lists are malformed.",
    )
    .action(async (data: string, flags: { classes?: string; json?: boolean }) => {
      const progress = startProgress("check");
      const report = await checkDataset(data, {
        classes: flags.classes?.split(",").map((name) => name.trim()),
        onProgress: (done, total) => progress.update(done, total),
      }).finally(() => progress.stop());
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : text(report));
      if (!isUsable(report)) throw new ExitStatus(exitStatus.failed);
    });
}

/** Whether it can be trained on. */
export function isUsable({ splits, classes, problems }: DatasetReport): boolean {
  const pictures = Object.values(splits).reduce((sum, { images }) => sum + images, 0);
  const hasPictures = (name: string): boolean =>
    Object.values(splits).some((split) => split.classes[name] > 0);
  const broken = new Set(problems.map(({ file }) => file)).size;
  return (splits.train?.images ?? 0) > 0 && broken < pictures && classes.every(hasPictures);
}

function text({ root, format, classes, splits, problems }: DatasetReport): string {
  const names = Object.keys(splits);
  const width = Math.max("with a mask".length, ...classes.map((name) => name.length)) + 2;
  const row = (title: string, cells: readonly (string | number)[]): string =>
    `  ${title.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join("")}\n`;
  const of = (read: (split: DatasetReport["splits"][string]) => number): number[] =>
    names.map((name) => read(splits[name]));
  const counts = [
    row("", names),
    row(
      "pictures",
      of(({ images }) => images),
    ),
    ...classes.map((name) =>
      row(
        name,
        of((split) => split.classes[name]),
      ),
    ),
    row(
      "without a tag",
      of(({ untagged }) => untagged),
    ),
    row(
      "with a mask",
      of(({ masks }) => masks),
    ),
    row(
      "with boxes",
      of(({ boxes }) => boxes),
    ),
  ];
  const found =
    problems.length === 0
      ? "no problems\n"
      : `${problems.length} problems:\n${problems
          .map(({ file, reason, fix }) => `  ${file}: ${reason}. ${fix}.\n`)
          .join("")}`;
  return `${root}: ${format}, ${classes.length} classes\n${counts.join("")}${found}`;
}
