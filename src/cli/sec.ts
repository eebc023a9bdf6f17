/** `gain sec`: a segmentation network from localization cues. */
import type { Command } from "commander";
import { type CueWarnings, DataError, type LoadFailure } from "../data/index.ts";
import { writeRecord } from "../evaluate/record/evaluationRecord.ts";
import { recordSegmentation } from "../evaluate/record/recordRun.ts";
import { segmentationModelNames } from "../nn/index.ts";
import {
  type SecContext,
  type SecTrainOptionsInput,
  secOptionsSchema,
  secRun,
} from "../segment/index.ts";
import { gather } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { recomputeOption } from "./recomputeOption.ts";
import { tellEnd } from "./tellEnd.ts";
import { TensorBoard, tensorboardOption } from "./tensorboard.ts";
import { givenOptionsOf, optionsHelp, type TrainFlags } from "./trainFlags.ts";
import { TrainReporter } from "./trainReporter.ts";
import { type TuneFlags, tuneOption, tuningOf } from "./tuning.ts";

type SecFlags = TrainFlags & TuneFlags & { readonly cues: string; readonly list?: string };

export function addSec(program: Command): void {
  program
    .command("sec")
    .description("train a segmentation network on cues: seed, expand, constrain (SEC)")
    .argument("<data>", "VOC folder, folder of class folders, or CSV/JSON table")
    .requiredOption("--cues <cues>", "CUES folder of gain cues, or SEC's .bin or .pickle.gz")
    .requiredOption("--out <run>", "RUN folder to write")
    .option(
      "--list <file>",
      "with a file of SEC's: its pictures in order; the split train by default",
    )
    .option("--model <name>", `one of ${segmentationModelNames.join(", ")}`)
    .option("--weights <file>", "starting weights: .safetensors (a run's, too), .h5, .onnx, .pth")
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option("--epochs <n>", "passes over the training pictures")
    .option("--steps <n>", "steps, instead of epochs")
    .option("--batch-size <n>", "pictures of a step")
    .option("--input-size <n>", "side of the network's input, pixels: a multiple of 8, plus 1")
    .option("--seed <n>", "of all that is drawn at random")
    .option("--threads <n>", "threads of one operator; all cores by default")
    .option("--device <name>", "cpu, webgpu or cuda")
    .addOption(recomputeOption())
    .addOption(tuneOption())
    .option("--config <file>", "JSON file of options; flags go before it")
    .option("--set <key=value>", "any option, such as flip=0.5; may be repeated", gather)
    .addOption(tensorboardOption())
    .option("--no-evaluate", "do not measure the split val")
    .option("--resume", "go on where the run in RUN stopped, or start it")
    .option("--json", "print one JSON line per logged step and evaluation")
    .addHelpText("after", () => optionsHelp(secOptionsSchema))
    .action(trainSec);
}

async function trainSec(data: string, flags: SecFlags): Promise<void> {
  const command = { command: "gain sec", schema: secOptionsSchema };
  // What the values may be is checked where the run starts.
  const options = (await givenOptionsOf(command, flags)) as SecTrainOptionsInput;
  const reporter = new TrainReporter({ title: "sec", isJson: flags.json === true });
  const tensorboard = flags.tensorboard ? new TensorBoard(flags.out) : undefined;
  const { signal, release } = interruptSignal(() =>
    reporter.line("stopping after this step; once more stops at once, without a checkpoint"),
  );
  try {
    const { cues, list, out } = flags;
    const result = await secRun({
      ...{ data, cues, list, out, options, signal },
      resume: flags.resume === true,
      tuning: tuningOf(flags.tune, reporter),
      onEvent: (event) => {
        reporter.tell(event);
        tensorboard?.tell(event);
      },
      onWarnings: (warnings) => tellWarnings(warnings, (text) => reporter.line(text)),
      evaluate: (context) => measureMasks(context, reporter, tensorboard),
    });
    tellEnd(result, reporter, { data, out });
  } finally {
    await tensorboard?.close();
    reporter.stop();
    release();
  }
}

/**
 * Measures the split "val" of a run without the CRF, if there are masks to compare with, and keeps what
 * was found on each picture. Masks none of which can be used are told, and do not cost the run.
 *
 * @param tensorboard  Shown a few of the pictures.
 */
export async function measureMasks(
  { folder, segmenter, model, dataset, config, step, signal }: SecContext,
  reporter: TrainReporter,
  tensorboard?: TensorBoard,
): Promise<object> {
  const { val = [] } = dataset.splits;
  const nothing = { split: "val", images: 0, classes: config.classes };
  if (!val.some(({ mask }) => mask !== undefined)) return nothing;
  const { threads = 1 } = config.options;
  const onFailure = ({ file, reason }: LoadFailure): void =>
    reporter.line(`skipped ${file}: ${reason}`);
  const record = await recordSegmentation(
    { segmenter, model, dataset, threads, signal, onFailure },
    step,
  ).catch((error: unknown) => {
    if (!(error instanceof DataError)) throw error;
    reporter.line(error.message);
  });
  if (record === undefined) return nothing;
  await writeRecord(folder, record);
  await tensorboard?.show(record, dataset);
  return record.figures;
}

/** Ids that a warning names before it only counts. */
const named = 5;

/** What is amiss with cues that can be used all the same. */
export function tellWarnings(
  { withoutGrid, withoutCue, neverSeeded, untagged, untaggedCells }: CueWarnings,
  tell: (text: string) => void,
): void {
  const some = (ids: readonly string[]): string =>
    `${ids.slice(0, named).join(", ")}${ids.length > named ? ", …" : ""}`;
  if (withoutGrid.length > 0) {
    tell(`${withoutGrid.length} pictures have no cues, and are left out: ${some(withoutGrid)}`);
  }
  if (withoutCue.length > 0) {
    tell(`${withoutCue.length} pictures have not one cue: ${some(withoutCue)}`);
  }
  if (neverSeeded.length > 0) {
    tell(`no picture has a cue of ${neverSeeded.join(", ")}: the network will hardly find it`);
  }
  if (untagged.length > 0) {
    tell(
      `${untagged.length} pictures have cues (${untaggedCells} cells) of classes that are not their tags: ${some(untagged)}`,
    );
  }
}
