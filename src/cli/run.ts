/** `gain run`: from tagged pictures to masks, in stages that are resumed, not repeated. */

import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { readDataset } from "../data/index.ts";
import { createSegmentationModel, modelNames } from "../nn/index.ts";
import {
  type CueOptionsInput,
  cueOptionsSchema,
  type SecTrainOptionsInput,
  secOptionsSchema,
} from "../segment/index.ts";
import { parseOptions, parseOptionsOf, RunFolder, type TrainOptionsInput } from "../train/index.ts";
import { gather } from "./flags.ts";
import { duration, evaluationLine } from "./format.ts";
import { untilInterrupted } from "./interrupt.ts";
import { writePipelineReport } from "./pipelineReport.ts";
import { startProgress } from "./progress.ts";
import { recomputeOption } from "./recomputeOption.ts";
import { type RunWishes, runOptions } from "./runRecipe.ts";
import {
  checkStage,
  cueStage,
  evaluateStage,
  maskStage,
  runPaths,
  type Staging,
  secStage,
  trainStage,
} from "./runStages.ts";
import { tensorboardOption } from "./tensorboard.ts";
import { assignments, commandLine, givenOptions, numberOf, type TrainFlags } from "./trainFlags.ts";
import { TrainReporter } from "./trainReporter.ts";
import { type TuneFlags, tuneOption } from "./tuning.ts";

type RunFlags = TrainFlags &
  TuneFlags & {
    readonly secEpochs?: string;
    readonly setCues?: readonly string[];
    readonly setSec?: readonly string[];
  };

export function addRun(program: Command): void {
  program
    .command("run")
    .description("everything: check, train, cues, sec, segment, report")
    .argument("<data>", "VOC folder, folder of class folders, or CSV/JSON table")
    .requiredOption("--out <dir>", "folder for all of it; finished stages in it are used again")
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option("--guidance <kind>", "none, self or extra; extra where --masks is given, else self")
    .option("--masks <n>", 'pictures whose masks guide the attention, or "all"')
    .option(
      "--model <name>",
      `one of ${modelNames.join(", ")}; squeezenet1_1 with weights, smallnet without`,
    )
    .option("--weights <file>", "ImageNet weights: .safetensors, .h5, .onnx, .pth")
    .option("--epochs <n>", "passes of the classifier")
    .option("--sec-epochs <n>", "passes of the segmentation network")
    .option("--seed <n>", "of all that is drawn at random")
    .option("--threads <n>", "threads of one operator; all cores by default")
    .option("--device <name>", "cpu, webgpu or cuda")
    .addOption(recomputeOption())
    .addOption(tuneOption())
    .addOption(tensorboardOption())
    .option("--set <key=value>", "an option of gain train; may be repeated", gather)
    .option("--set-cues <key=value>", "an option of gain cues; may be repeated", gather)
    .option("--set-sec <key=value>", "an option of gain sec; may be repeated", gather)
    .addHelpText(
      "after",
      "\nMasks are not needed; where DATA has some, the result is measured on the split val. Started again\nafter an interruption, whatever ended it, the command goes on where it was and ends the same.\nEvery picture of DATA gets a mask, in which only its own tags may occur. The segmentation network\nstarts from the classifier. Small data sets are passed over more often.",
    )
    .action(run);
}

async function run(data: string, flags: RunFlags): Promise<void> {
  const start = performance.now();
  await untilInterrupted(async (signal) => {
    const staging = await prepare(data, flags, signal);
    await checkStage(staging);
    await trainStage(staging);
    await cueStage(staging);
    await secStage(staging);
    await maskStage(staging);
    const evaluation = await evaluateStage(staging);
    const hasReport = await writePipelineReport(staging, evaluation, commandLine());
    const { masks, report, sheet } = staging.paths;
    const lines = [
      ...(evaluation === undefined ? [] : [evaluationLine(evaluation)]),
      `${masks}: a mask for each picture`,
      `${sheet}: pictures, attention, cues, masks`,
      ...(hasReport ? [`${report}: figures, losses, examples`] : []),
      `took ${duration((performance.now() - start) / 1000)}`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  });
}

async function prepare(data: string, flags: RunFlags, signal: AbortSignal): Promise<Staging> {
  const train: TrainOptionsInput = await givenOptions(flags);
  const sec = assignments(flags.setSec ?? []) as SecTrainOptionsInput;
  const { secEpochs } = flags;
  const dataset = await readDataset(data, { classes: train.classes });
  const paths = runPaths(resolve(flags.out));
  const wishes = {
    train,
    sec: { ...sec, ...(secEpochs !== undefined && { epochs: numberOf("secEpochs", secEpochs) }) },
  };
  const options = runOptions(
    wishes,
    new RunFolder(paths.classifier).checkpointPath,
    dataset.splits.train.length,
  );
  const cues: CueOptionsInput = assignments(flags.setCues ?? []);
  requireOptions(options, cues, dataset.classes.length);
  await mkdir(flags.out, { recursive: true });
  return {
    data,
    dataset,
    paths,
    options,
    cues,
    tune: flags.tune,
    hasTensorboard: flags.tensorboard === true,
    signal,
    reporter: (title) => new TrainReporter({ title }),
    progress: startProgress,
  };
}

/**
 * What the later stages would refuse is refused before hours of the earlier ones.
 *
 * @throws {OptionError | RangeError} When an option cannot be used.
 */
function requireOptions({ train, sec }: RunWishes, cues: CueOptionsInput, classes: number): void {
  parseOptions(train);
  parseOptionsOf(cueOptionsSchema, "gain cues", cues);
  const { model, inputSize } = parseOptionsOf(secOptionsSchema, "gain sec", sec);
  createSegmentationModel(model, { classes, ...(inputSize !== undefined && { inputSize }) });
}
