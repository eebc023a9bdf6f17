/** `gain evaluate`: how well a run ranks pictures and where it looks, or how good masks are. */
import type { Command } from "commander";
import type { ClassificationResult, EvaluateJson } from "../evaluate/evaluateJson.ts";
import { evaluateRun } from "../evaluate/evaluateRun.ts";
import { writeConfusionPicture } from "../report/confusionPicture.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { parts } from "./flags.ts";
import { evaluationLine, percent } from "./format.ts";
import { startProgress } from "./progress.ts";
import { segmentationTable } from "./segmentationTable.ts";

interface EvaluateFlags {
  readonly split: string;
  readonly crf?: boolean;
  readonly classes?: readonly string[];
  readonly layer?: string;
  readonly confusion?: string;
  readonly json?: boolean;
}

export function addEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a run, or a folder of masks, against a data set")
    .argument("<run>", "RUN folder of gain train or gain sec, or a folder of masks, ID.png")
    .argument("<data>", "data set with the run's classes")
    .option("--split <name>", "split to measure", "val")
    .option("--crf", "refine a segmentation network's masks by the dense CRF first")
    .option("--classes <a,b,c>", "classes of a folder of masks; all by default", parts)
    .option("--layer <name>", "layer of a classifier's attention; the run's own by default")
    .option("--confusion <file.png>", "draw the confusion matrix of masks")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nMasks are measured as PASCAL VOC measures them: one confusion matrix over all pictures, void left\nout, the plain mean over background and classes. The exit status is 1 where a picture or its mask\ncannot be read. A folder of masks must hold one of the right size for each picture of the split that\nhas a mask, with the pixel values of the data set's own.",
    )
    .action(evaluate);
}

async function evaluate(run: string, data: string, flags: EvaluateFlags): Promise<void> {
  const progress = startProgress("evaluate");
  let unreadable = 0;
  const result = await evaluateRun(run, data, {
    split: flags.split,
    crf: flags.crf === true,
    classes: flags.classes,
    layer: flags.layer,
    onProgress: (done, total) => progress.update(done, total),
    onFailure: ({ file, reason }) => {
      unreadable++;
      progress.line(`skipped ${file}: ${reason}`);
    },
  }).finally(() => progress.stop());
  if (unreadable > 0) process.stderr.write(`${unreadable} pictures were skipped\n`);
  tellVoid(result);
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : table(result));
  if (flags.confusion !== undefined) await drawConfusion(flags.confusion, result);
  // Figures of VOC are of all pictures, or they are not comparable.
  if ((result.segmentation?.unreadable ?? []).length > 0) throw new ExitStatus(exitStatus.failed);
}

/** What is counted but changes nothing. */
function tellVoid({ segmentation }: EvaluateJson): void {
  const { voidImages = [], withoutMask = 0 } = segmentation ?? {};
  if (voidImages.length > 0) {
    process.stderr.write(
      `${voidImages.length} masks are void everywhere, and count nothing: ${voidImages.slice(0, 10).join(", ")}\n`,
    );
  }
  if (withoutMask > 0) {
    process.stderr.write(
      `${withoutMask} pictures of the split have no mask, and were not measured\n`,
    );
  }
}

async function drawConfusion(path: string, { segmentation }: EvaluateJson): Promise<void> {
  if (segmentation === undefined) {
    throw new UsageError(
      "--confusion: needs masks; a run of gain train has none. Name a run of gain sec.",
    );
  }
  await writeConfusionPicture(path, segmentation);
}

function table(result: EvaluateJson): string {
  const { classification, segmentation } = result;
  const parts = [
    `${evaluationLine(result)}\n`,
    classification === undefined ? "" : classificationTable(result, classification),
    segmentation === undefined ? "" : segmentationTable(segmentation),
  ];
  return parts.join("");
}

function classificationTable(
  { classes, attention }: EvaluateJson,
  { AP }: ClassificationResult,
): string {
  const share = (value: number | null | undefined): string =>
    (typeof value === "number" ? percent(value) : "-").padStart(10);
  const width = Math.max("background".length, ...classes.map((name) => name.length));
  const rows = classes.map(
    (name) =>
      `  ${name.padEnd(width)}${share(AP[name])}${attention ? share(attention.IoU[name]) : ""}\n`,
  );
  const heading = `  ${"".padEnd(width)}${"AP".padStart(10)}${attention ? "IoU".padStart(10) : ""}\n`;
  return `${heading}${rows.join("")}`;
}
