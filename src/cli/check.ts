/** `gain check`: what is in a data set, and what is wrong with it. */
import type { Command } from "commander";
import { checkDataset, type DatasetReport, type FixReport, fixDataset } from "../data/index.ts";
import { checkText, fixText } from "./checkText.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { parts } from "./flags.ts";
import { startProgress } from "./progress.ts";

interface CheckFlags {
  readonly classes?: string;
  readonly fix?: boolean;
  readonly json?: boolean;
}

export function addCheck(program: Command): void {
  program
    .command("check")
    .description("list what is in a data set, and what is wrong with it")
    .argument(
      "<data>",
      "VOC folder, folder of class folders, CSV/JSON table, or another tool's export",
    )
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option("--fix", "mend what needs no judgement, and keep the originals beside the data set")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExits with 0 when the data set can be trained on: pictures and masks that cannot be read are\nlisted, and skipped in training. Exits with 1 when it cannot: no picture can be read, a class\nhas no picture, or the lists are malformed." +
        "\n\nErrors lose pictures or falsify figures, warnings are likely to harm what is learnt, notes are\ngood to know. --fix stores pictures upright, with 8 bits, in sRGB and without transparent parts,\nmasks of colours as indices, trims tags in tables, and takes copies of pictures of other splits\nout of the lists of train. The originals go to DATA-gain-check-backup/files.",
    )
    .action(async (data: string, flags: CheckFlags) => {
      let report = await check(data, flags);
      let fixed: FixReport | undefined;
      if (flags.fix) {
        fixed = await fixDataset(data, report);
        if (fixed.changes.length > 0) report = await check(data, flags);
      }
      const text = flags.json
        ? `${JSON.stringify({ ...report, ...(fixed && { fixed }) })}\n`
        : `${fixed ? fixText(fixed, report.root) : ""}${checkText(report)}`;
      process.stdout.write(text);
      if (!isUsable(report)) throw new ExitStatus(exitStatus.failed);
    });
}

async function check(data: string, { classes }: CheckFlags): Promise<DatasetReport> {
  const progress = startProgress("check");
  return checkDataset(data, {
    classes: classes === undefined ? undefined : parts(classes),
    onProgress: (done, total) => progress.update(done, total),
  }).finally(() => progress.stop());
}

/** Whether it can be trained on. */
export function isUsable({ splits, classes, images, problems }: DatasetReport): boolean {
  const hasPictures = (name: string): boolean =>
    Object.values(splits).some((split) => split.classes[name] > 0);
  const lost = problems.filter(
    ({ kind }) => kind === "missing-picture" || kind === "unreadable-picture",
  );
  const isLost = lost.length > 0 && lost.length >= images;
  return (splits.train?.images ?? 0) > 0 && !isLost && classes.every(hasPictures);
}
