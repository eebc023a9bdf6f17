/** `gain evaluate`: how well a run ranks pictures and where it looks, or how good masks are. */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { ClassificationResult, EvaluateJson } from "../evaluate/evaluateJson.ts";
import { evaluateRun, type RunMapsOptions } from "../evaluate/evaluateRun.ts";
import { recordMaps } from "../evaluate/record/mapsRecord.ts";
import { camMethodNames, isCamMethod } from "../gain/index.ts";
import { writeConfusionPicture } from "../report/confusionPicture.ts";
import { blankNotes } from "../report/mapNotes.ts";
import { RunError, RunFolder } from "../train/index.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { parts, wholeNumber } from "./flags.ts";
import { evaluationLine, percent } from "./format.ts";
import { mapsTable } from "./mapsTable.ts";
import { startProgress } from "./progress.ts";
import { segmentationTable } from "./segmentationTable.ts";

interface EvaluateFlags {
  readonly split: string;
  readonly crf?: boolean;
  readonly classes?: readonly string[];
  readonly layer?: string;
  readonly methods?: readonly string[];
  readonly layers?: readonly string[];
  /** True where the flag has no number. */
  readonly localization?: number | true;
  readonly faithfulness?: number | true;
  readonly channels?: number;
  readonly seed: number;
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
    .option(
      "--methods <a,b>",
      `compare ways to make the attention of a classifier: all, or of ${camMethodNames.join(", ")}`,
      parts,
    )
    .option("--layers <a,b>", "compare layers; --layer's or the run's own by default", parts)
    .option(
      "--localization [n]",
      "where the maps lie: pointing game, energy, MaxBoxAccV2, PxAP, mIoU, of n pictures; all by default",
      positive,
    )
    .option(
      "--faithfulness [n]",
      "what the maps say of the network: insertion, deletion, ROAD, of n pictures; 100 by default",
      positive,
    )
    .option(
      "--channels <k>",
      "channels that score-cam asks about, an approximation where the layer has more; 512 by default",
      positive,
    )
    .option("--seed <n>", "draws the pictures of --localization and --faithfulness", wholeNumber, 0)
    .option("--confusion <file.png>", "draw the confusion matrix of masks")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nMasks are measured as PASCAL VOC measures them: one confusion matrix over all pictures, void left\nout, the plain mean over background and classes. The exit status is 1 where a picture or its mask\ncannot be read, or the network's scores are NaN. A folder of masks must hold one of the right size for each picture of the split that\nhas a mask, with the pixel values of the data set's own.\n\nFigures of --methods, --layers, --localization and --faithfulness are kept in RUN/maps.json, where gain\nreport finds them.",
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
    maps: mapsOptions(flags),
    onProgress: (done, total) => progress.update(done, total),
    onFailure: ({ file, reason }) => {
      unreadable++;
      progress.line(`skipped ${file}: ${reason}`);
    },
  }).finally(() => progress.stop());
  if (unreadable > 0) process.stderr.write(`${unreadable} pictures were skipped\n`);
  tellVoid(result);
  tellBroken(result);
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : table(result));
  if (flags.confusion !== undefined) await drawConfusion(flags.confusion, result);
  await keepMaps(run, data, result);
  // Figures of VOC are of all pictures, or they are not comparable.
  if ((result.segmentation?.unreadable ?? []).length > 0) throw new ExitStatus(exitStatus.failed);
  if (result.diverged !== undefined) throw new ExitStatus(exitStatus.failed);
}

/** Keeps what was found of maps for reports; where that is not possible, the figures are printed at least. */
async function keepMaps(run: string, data: string, { split, maps }: EvaluateJson): Promise<void> {
  if (maps === undefined) return;
  const results = maps.map((found) => ({ data: resolve(data), split, ...found }));
  try {
    await recordMaps(new RunFolder(run), results);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    process.stderr.write(`these figures will be in no report: ${error.message}\n`);
  }
}

/** What is measured of the maps; undefined where no flag asks for it. */
function mapsOptions({
  methods,
  layers,
  localization,
  faithfulness,
  channels,
  seed,
}: EvaluateFlags): RunMapsOptions | undefined {
  if (methods === undefined && layers === undefined && channels === undefined) {
    if (localization === undefined && faithfulness === undefined) return undefined;
  }
  const names = methods?.includes("all") ? camMethodNames : methods;
  const unknown = names?.find((name) => !isCamMethod(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `--methods: must be all, or names of ${camMethodNames.join(", ")}; got "${unknown}".`,
    );
  }
  // To compare something, and nothing says what: where maps lie costs no forward pass.
  const isBare = localization === undefined && faithfulness === undefined;
  return {
    methods: names?.filter(isCamMethod),
    layers,
    channels,
    localization: localization === true || isBare ? "all" : localization,
    faithfulness: faithfulness === true ? defaultPictures : faithfulness,
    seed,
  };
}

/** Each picture takes dozens of forward passes for each of its classes and methods. */
const defaultPictures = 100;

/** @throws {InvalidArgumentError} When the text is no whole number above 0. */
function positive(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError("It must be at least 1.");
  return value;
}

/** Pictures and maps that show nothing, why, and what helps. */
function tellBroken({ maps = [], diverged, images }: EvaluateJson): void {
  if (diverged !== undefined) {
    process.stderr.write(
      `the network's scores are NaN for ${diverged.pictures} of ${images + diverged.pictures} pictures, first ${diverged.first}: its weights have diverged. Train anew with a lower learningRate.\n`,
    );
  }
  for (const note of blankNotes(maps)) process.stderr.write(`${note}\n`);
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
  const { classification, segmentation, maps } = result;
  const parts = [
    `${evaluationLine(result)}\n`,
    classification === undefined ? "" : classificationTable(result, classification),
    segmentation === undefined ? "" : segmentationTable(segmentation),
    maps === undefined ? "" : mapsTable(maps),
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
