/** `gain sample`: the sample data set. */
import { type Command, Option } from "commander";
import { type SampleKind, sampleKinds, writeSample } from "../data/index.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { startProgress } from "./progress.ts";

interface SampleFlags {
  readonly kind: SampleKind;
  readonly images: number;
  readonly seed: number;
}

export function addSample(program: Command): void {
  program
    .command("sample")
    .description(
      "write the sample data set: drawn pictures with tags and masks or boxes, in VOC layout",
    )
    .argument("<dir>", "new or empty folder")
    .addOption(
      new Option(
        "--kind <name>",
        "scenes; objects (one, anywhere); or biased: boats (always on water), camera (two poses)",
      )
        .choices(Object.keys(sampleKinds))
        .default("scenes"),
    )
    .option("--images <n>", "pictures, of which one in six is for validation", wholeNumber, 2400)
    .option("--seed <n>", "the same seed gives the same files", wholeNumber, 1)
    .action(async (directory: string, options: SampleFlags) => {
      const progress = startProgress("sample");
      const { signal, release } = interruptSignal(() => progress.line("stopping"));
      try {
        const { splits, classes, isNew } = await writeSample(directory, {
          ...options,
          signal,
          onProgress: (done, total) => progress.update(done, total),
        });
        progress.stop();
        process.stdout.write(
          `${directory}: ${partsOf(splits)}, of ${classes.join(", ")}${isNew ? "" : " (there already)"}\n`,
        );
      } catch (error) {
        throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
      } finally {
        progress.stop();
        release();
      }
    });
}

/** "2000 pictures for training, 400 for validation, 400 in boat-off-water" */
function partsOf({ train, val, ...tests }: Readonly<Record<string, number>>): string {
  const others = Object.entries(tests).map(([name, count]) => `, ${count} in ${name}`);
  return `${train} pictures for training, ${val} for validation${others.join("")}`;
}
