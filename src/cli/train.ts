/** `gain train`: a classifier whose attention is part of its training. */
import type { Command } from "commander";
import { modelNames } from "../nn/index.ts";
import { trainOptionsSchema, trainRun } from "../train/index.ts";
import { gather } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { recomputeOption } from "./recomputeOption.ts";
import { writeRunReport } from "./runReport.ts";
import { tellEnd } from "./tellEnd.ts";
import { TensorBoard, tensorboardOption } from "./tensorboard.ts";
import { commandLine, givenOptions, optionsHelp, type TrainFlags } from "./trainFlags.ts";
import { measure, TrainReporter } from "./trainReporter.ts";
import { type TuneFlags, tuneOption, tuningOf } from "./tuning.ts";

export function addTrain(program: Command): void {
  program
    .command("train")
    .description("train a classifier, its attention unguided, guided by itself, or by masks")
    .argument("<data>", "VOC folder, folder of class folders, or CSV/JSON table")
    .requiredOption("--out <run>", "RUN folder to write")
    .option("--guidance <kind>", "none, self or extra (with masks or boxes)")
    .option("--masks <n>", 'pictures whose masks are used with guidance extra, or "all"')
    .option("--model <name>", `one of ${modelNames.join(", ")}, or any classifier in a FILE.onnx`)
    .option("--weights <file>", "starting weights: .safetensors, .h5, .onnx, .pth")
    .option("--classes <a,b,c>", "classes to use; all by default")
    .option("--layer <name>", "layer of the attention maps; `gain layers FILE.onnx` lists them")
    .option("--keep-head [map]", "of a FILE.onnx: its own classes; MAP.json has outputs by class")
    .option("--epochs <n>", "passes over the training pictures")
    .option("--steps <n>", "steps, instead of epochs")
    .option("--batch-size <n>", "pictures of a step")
    .option("--input-size <n>", "side of the network's input, pixels")
    .option("--seed <n>", "of all that is drawn at random")
    .option("--threads <n>", "threads of one operator; all cores by default")
    .option("--device <name>", "cpu, webgpu or cuda")
    .addOption(recomputeOption())
    .addOption(tuneOption())
    .option("--config <file>", "JSON file of options; flags go before it")
    .option("--set <key=value>", "any option, such as sigma=0.4; may be repeated", gather)
    .addOption(tensorboardOption())
    .option("--no-evaluate", "do not measure the split val, and write no report")
    .option("--resume", "go on where the run in RUN stopped, or start it")
    .option("--json", "print one JSON line per logged step and evaluation")
    .addHelpText("after", () => optionsHelp(trainOptionsSchema))
    .action(train);
}

async function train(data: string, flags: TrainFlags & TuneFlags): Promise<void> {
  const options = await givenOptions(flags);
  const reporter = new TrainReporter({ isJson: flags.json === true });
  const tensorboard = flags.tensorboard ? new TensorBoard(flags.out) : undefined;
  const { signal, release } = interruptSignal(() =>
    reporter.line("stopping after this step; once more stops at once, without a checkpoint"),
  );
  try {
    const result = await trainRun({
      data,
      out: flags.out,
      options,
      resume: flags.resume === true,
      tuning: tuningOf(flags.tune, reporter),
      signal,
      onEvent: (event) => {
        reporter.tell(event);
        tensorboard?.tell(event);
      },
      evaluate: (context) => measure(context, reporter, tensorboard),
      finish: (context) => writeRunReport(context, commandLine()),
    });
    tellEnd(result, reporter, { data, out: flags.out });
  } finally {
    await tensorboard?.close();
    reporter.stop();
    release();
  }
}
