/** `gain segment`: masks of pictures from a segmentation network. */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import type { LabelMap, Sample } from "../data/index.ts";
import { toSharp } from "../report/image.ts";
import { maskPicture } from "../report/maskPicture.ts";
import { picturesOf, readSegmentationConfig, writeMasks } from "../segment/index.ts";
import { displayPicture } from "./displayPicture.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { startProgress } from "./progress.ts";

interface SegmentFlags {
  readonly out: string;
  readonly crf?: boolean;
  readonly useTags?: boolean;
  readonly split?: string;
  readonly overlays?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addSegment(program: Command): void {
  program
    .command("segment")
    .description("write masks of pictures as indexed PNGs")
    .argument("<run>", "RUN folder of gain sec")
    .argument("<image|data...>", "pictures, folders of pictures, or data sets")
    .requiredOption("--out <dir>", "folder for the masks, ID.png")
    .option("--crf", "refine the masks by the dense CRF: they follow the pictures' edges")
    .option("--use-tags", "allow only a picture's own tags in its mask, where it has any")
    .option("--split <name>", "split of data sets; all of them by default")
    .option("--overlays <dir>", "draw the masks over the pictures, too")
    .option("--threads <n>", "threads; all cores by default", wholeNumber)
    .option("--json", "print one JSON line per picture")
    .addHelpText(
      "after",
      "\nMasks have the pixel values of the data set that the run was trained on: 0 for background.\nsegmentation.json in the folder names the classes and their values. A folder that a stopped\ncommand left is gone on with; masks of another run or other options are replaced. A picture that cannot be read is told and skipped; the exit\nstatus is then 1.",
    )
    .action(segment);
}

async function segment(
  runPath: string,
  paths: readonly string[],
  flags: SegmentFlags,
): Promise<void> {
  if (flags.overlays !== undefined && resolve(flags.overlays) === resolve(flags.out)) {
    throw new UsageError(
      "--overlays: must be another folder than --out, whose masks have the same names.",
    );
  }
  const { classes } = await readSegmentationConfig(runPath);
  const samples = await picturesOf(paths, { classes, split: flags.split });
  const progress = startProgress("segment");
  const { signal, release } = interruptSignal(() =>
    progress.line("stopping after this picture; run the same command again to go on"),
  );
  let failed = 0;
  try {
    const { made, kept } = await writeMasks({
      run: runPath,
      samples,
      out: flags.out,
      crf: flags.crf === true,
      useTags: flags.useTags === true,
      ...(flags.threads !== undefined && { threads: flags.threads }),
      signal,
      onProgress: (done, total) => progress.update(done, total),
      onFailure: ({ file, reason }) => {
        failed++;
        progress.line(`skipped ${file}: ${reason}`);
      },
      // Without either, masks that are there need not be decoded.
      onMask: flags.json || flags.overlays !== undefined ? tellMask : undefined,
    });
    const before = kept > 0 ? `, ${kept} were there` : "";
    progress.line(`${made} masks in ${flags.out}${before}`);
  } catch (error) {
    throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
  } finally {
    progress.stop();
    release();
  }
  if (failed > 0) throw new ExitStatus(exitStatus.failed);

  async function tellMask(sample: Sample, mask: LabelMap, file: string): Promise<void> {
    if (flags.json) process.stdout.write(`${JSON.stringify(describe(sample, mask, file))}\n`);
    if (flags.overlays !== undefined) await drawOverlay(flags.overlays, sample, mask);
  }

  function describe({ id, image }: Sample, { labels, width, height }: LabelMap, mask: string) {
    const counts = new Array<number>(classes.length + 1).fill(0);
    for (const label of labels) counts[label]++;
    const shares = ["background", ...classes].flatMap((name, label) =>
      counts[label] > 0 ? [[name, counts[label] / labels.length] as const] : [],
    );
    return { id, image, mask, width, height, shares: Object.fromEntries(shares) };
  }
}

async function drawOverlay(folder: string, { id, image }: Sample, mask: LabelMap): Promise<void> {
  const picture = await displayPicture(image);
  const file = join(folder, `${id}.png`);
  await mkdir(dirname(file), { recursive: true });
  await toSharp(maskPicture(picture, mask)).toFile(file);
}
