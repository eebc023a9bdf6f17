/** `gain sample`: the sample data set. */
import type { Command } from "commander";
import { writeSample } from "../data/index.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { startProgress } from "./progress.ts";

export function addSample(program: Command): void {
  program
    .command("sample")
    .description("write the sample data set: drawn pictures with tags and masks, in VOC layout")
    .argument("<dir>", "new or empty folder")
    .option("--images <n>", "pictures, of which one in six is for validation", wholeNumber, 2400)
    .option("--seed <n>", "the same seed gives the same files", wholeNumber, 1)
    .action(async (directory: string, { images, seed }: { images: number; seed: number }) => {
      const progress = startProgress("sample");
      const { signal, release } = interruptSignal(() => progress.line("stopping"));
      try {
        const { train, val, classes, isNew } = await writeSample(directory, {
          images,
          seed,
          signal,
          onProgress: (done, total) => progress.update(done, total),
        });
        progress.stop();
        process.stdout.write(
          `${directory}: ${train} pictures for training and ${val} for validation, of ${classes.join(", ")}${isNew ? "" : " (there already)"}\n`,
        );
      } catch (error) {
        throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
      } finally {
        progress.stop();
        release();
      }
    });
}
