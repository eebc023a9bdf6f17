/** `gain cues`: localization cues for SEC, from a run's attention or from SEC's published files. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { cuesFor, type Dataset, isSecFile, readCueSet, readDataset } from "../data/index.ts";
import { scoreCues } from "../evaluate/scoreCues.ts";
import { type CueOptionsInput, cueOptionsSchema, makeCues, writeCueSet } from "../segment/index.ts";
import { RunFolder } from "../train/index.ts";
import { type CueReport, cueReport, cueText } from "./cueReport.ts";
import { drawCues } from "./drawCues.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { decimalNumber, parts, wholeNumber } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { type Progress, startProgress } from "./progress.ts";

interface CueFlags extends Omit<CueOptionsInput, "background"> {
  readonly out: string;
  readonly background?: string;
  readonly pictures?: string;
  readonly classes?: string[];
  readonly list?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addCues(program: Command): void {
  const defaults = cueOptionsSchema.parse({});
  program
    .command("cues")
    .description("make localization cues for SEC from a run's attention")
    .argument(
      "<run>",
      "RUN folder of gain train, or a file of SEC's cues: .bin, .pickle, .pickle.gz",
    )
    .argument("<data>", "data set with the run's classes")
    .requiredOption("--out <cues>", "CUES folder to write")
    .option(
      "--foreground <share>",
      `objects are above this share of a map's maximum (${defaults.foreground})`,
      decimalNumber,
    )
    .option(
      "--background <kind>",
      `where saliency or where attention is low (${defaults.background})`,
    )
    .option(
      "--background-share <share>",
      `with saliency: share of a picture's cells (${defaults.backgroundShare})`,
      decimalNumber,
    )
    .option(
      "--background-threshold <share>",
      `with attention: share of each map's maximum (${defaults.backgroundThreshold})`,
      decimalNumber,
    )
    .option("--saliency-layer <name>", "layer whose gradient is the saliency; one of stride 8")
    .option(
      "--scales <a,b>",
      `sizes of the input to average over, relative to the run's (${defaults.scales.join(",")})`,
      (text: string) => parts(text).map(decimalNumber),
    )
    .option("--flip", "average over the mirrored picture, too (the default)")
    .option("--no-flip", "look at the picture as it is only")
    .option("--size <n>", `side of the grids, cells (${defaults.size})`, wholeNumber)
    .option("--pictures <dir>", "draw each picture's cues there, as JPEG")
    .option("--classes <a,b,c>", "with a file: classes to use; all by default", parts)
    .option("--list <file>", "with a file: its pictures in order, or SEC's input_list.txt")
    .option("--threads <n>", "threads of one operator; all cores by default", wholeNumber)
    .option("--json", "print one JSON object")
    .addHelpText("after", () => `\n${notes}`)
    .action(cues);
}

const notes = `Cues are made for the split train, with the tags that it has; masks, where there are any, only
serve to tell how right the cues are. A stopped command goes on where it was when it is started
again; other options start anew. The papers' settings: --foreground 0.2 --background-share 0.1
--scales 1 --no-flip; their background is another network's (SEC's a second VGG16, GAIN's DHSNet).

A file of SEC's cues is imported as it is: .bin holds one 41x41 grid for each line of --list, or
for each picture of the split train; a pickle needs SEC's input_list.txt beside it or in --list.
`;

async function cues(source: string, data: string, flags: CueFlags): Promise<void> {
  const progress = startProgress("cues");
  const { signal, release } = interruptSignal(() =>
    progress.line("stopping after this batch; what is done is kept"),
  );
  try {
    const isFile = await isImport(source);
    const { dataset, report } = isFile
      ? await importCues(source, data, flags)
      : await newCues(source, data, flags, signal, progress);
    const made = await readCueSet(flags.out);
    const quality = await scoreCues(dataset, made, { signal });
    if (flags.pictures !== undefined) {
      await drawCues(dataset, made, flags.pictures, {
        signal,
        onProgress: (done, total) => progress.update(done, total, "pictures"),
      });
    }
    progress.stop();
    const result = { ...report, ...(quality && { quality }) };
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : cueText(result));
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.line("interrupted; the same command goes on from here");
    throw new ExitStatus(exitStatus.interrupted);
  } finally {
    progress.stop();
    release();
  }
}

/** A file of SEC's, and no RUN folder. */
async function isImport(source: string): Promise<boolean> {
  const info = await stat(source).catch(() => undefined);
  return info === undefined ? isSecFile(source) : info.isFile();
}

interface Made {
  readonly dataset: Dataset;
  readonly report: CueReport;
}

async function newCues(
  run: string,
  data: string,
  flags: CueFlags,
  signal: AbortSignal,
  progress: Progress,
): Promise<Made> {
  const { out, list, classes, threads } = flags;
  refuse({ list, classes }, "is for files of SEC's cues; a RUN has its pictures and classes");
  const { classes: own } = await new RunFolder(run).readConfig();
  const dataset = await readDataset(data, { classes: own });
  const { header, status } = await makeCues({
    run,
    data: dataset,
    out,
    // Which backgrounds there are is for the options' schema to say.
    options: optionsOf(flags) as CueOptionsInput,
    threads,
    signal,
    onProgress: (done, total) => progress.update(done, total),
    onFailure: ({ file, reason }) => progress.line(`skipped ${file}: ${reason}`),
  });
  if (status === "complete") progress.line(`${out}: all cues are there; nothing to do`);
  return { dataset, report: cueReport(out, header) };
}

async function importCues(file: string, data: string, flags: CueFlags): Promise<Made> {
  const { out, list, classes } = flags;
  refuse(optionsOf(flags), "is for cues from a RUN; those of a file are imported as they are");
  const dataset = await readDataset(data, classes && { classes });
  const ids = dataset.splits.train.map(({ id }) => id);
  const { cues: fitted, warnings } = cuesFor(dataset, await readCueSet(file, { ids, list }));
  const origin = { source: resolve(file), data: dataset.root, unreadable: [] };
  const header = await writeCueSet(out, fitted, origin);
  return { dataset, report: cueReport(out, header, warnings) };
}

/** What the cues of a run are made with; undefined where it was not given. */
function optionsOf(flags: CueFlags): Readonly<Record<string, unknown>> {
  const { foreground, background, backgroundShare, backgroundThreshold } = flags;
  const { saliencyLayer, scales, flip, size } = flags;
  return {
    ...{ foreground, background, backgroundShare, backgroundThreshold },
    ...{ saliencyLayer, scales, flip, size },
  };
}

/** @throws {UsageError} When one of these flags is given. */
function refuse(flags: Readonly<Record<string, unknown>>, reason: string): void {
  const [given] = Object.keys(flags).filter((name) => flags[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag}: ${reason}. Leave it out.`);
}
