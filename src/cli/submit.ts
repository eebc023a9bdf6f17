/** `gain submit`: the archive that PASCAL VOC's evaluation server takes. */
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { checkSubmission } from "../data/checkSubmission.ts";
import {
  DataError,
  type Dataset,
  openDataset,
  pictureSize,
  samplesOf,
  vocClasses,
} from "../data/index.ts";
import { type Competition, writeSubmission } from "../data/submission.ts";
import {
  openSegmentation,
  type SampleMask,
  segmentSamples,
  startSegmenter,
} from "../segment/index.ts";
import { ExitStatus, exitStatus, UsageError } from "./errors.ts";
import { wholeNumber } from "./flags.ts";
import { interruptSignal } from "./interrupt.ts";
import { type Progress, startProgress } from "./progress.ts";

interface SubmitFlags {
  readonly split: string;
  readonly out?: string;
  readonly competition?: string;
  /** `--no-crf`. */
  readonly crf: boolean;
  readonly threads?: number;
}

export function addSubmit(program: Command): void {
  program
    .command("submit")
    .description("write, or check, an archive for PASCAL VOC's evaluation server")
    .argument("<run>", "RUN folder of gain sec, or an archive to check")
    .argument("<voc>", "VOC folder with the split's list and pictures")
    .option("--split <name>", "split to segment", "test")
    .option("--out <file>", "archive to write, .tgz or .tar.gz")
    .option(
      "--competition <name>",
      "comp6 (any training data) or comp5 (VOC's own only); comp6, or that of the archive to check",
    )
    .option("--no-crf", "do not refine the masks by the dense CRF")
    .option("--threads <n>", "threads; all cores by default", wholeNumber)
    .addHelpText(
      "after",
      "\nWithout --out, RUN is an archive, which is checked: every picture of the split once, at its own\nsize, as an indexed PNG in VOC's colours, with values from 0 to 20, in the folder that the server\nlooks in. An archive that is written is checked, too.",
    )
    .action(submit);
}

async function submit(source: string, voc: string, flags: SubmitFlags): Promise<void> {
  const competition = competitionOf(flags.competition);
  const progress = startProgress("submit");
  const { signal, release } = interruptSignal(() => progress.line("stopping after this picture"));
  try {
    const { out, split } = flags;
    if (out === undefined) {
      await requireArchive(source);
      await check(source, await vocDataset(voc), split, competition, progress);
      return;
    }
    const contest = competition ?? "comp6";
    await writeArchive(source, voc, out, contest, flags, signal, progress);
    await check(out, await vocDataset(voc), split, contest, progress);
  } catch (error) {
    throw signal.aborted ? new ExitStatus(exitStatus.interrupted) : error;
  } finally {
    progress.stop();
    release();
  }
}

function competitionOf(name: string | undefined): Competition | undefined {
  if (name === undefined || name === "comp5" || name === "comp6") return name;
  throw new UsageError(`--competition: must be comp5 or comp6; got "${name}".`);
}

/** @throws {UsageError} When it is a folder: a RUN without --out. */
async function requireArchive(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isDirectory()) return;
  throw new UsageError(
    `${path}: must be an archive to check; got a folder. Add --out FILE.tgz to write the archive of a RUN.`,
  );
}

async function writeArchive(
  runPath: string,
  voc: string,
  out: string,
  competition: Competition,
  { split, crf, threads = availableParallelism() }: SubmitFlags,
  signal: AbortSignal,
  progress: Progress,
): Promise<void> {
  const run = await openSegmentation(runPath);
  const { classes, options } = run.config;
  const values = vocValues(runPath, classes);
  const samples = samplesOf(await vocDataset(voc), split);
  const { segmenter, close } = await startSegmenter(run, { threads });
  const masks = segmentSamples({
    ...{ segmenter, model: run.model, samples, threads, signal },
    crf: crf ? options.crf : undefined,
    onFailure: ({ file, reason }) => {
      throw new DataError(
        `${file}: ${reason}. The archive must hold every picture of the split "${split}": replace the file.`,
      );
    },
  });
  try {
    const byId = new Map(samples.map((sample) => [sample.id, sample]));
    await writeSubmission({
      ids: samples.map(({ id }) => id),
      maskOf: async (id) => {
        const { mask } = await nextMask(masks, id);
        return { ...mask, labels: mask.labels.map((label) => values[label]) };
      },
      sizeOf: (id) => pictureSize(byId.get(id)?.image ?? ""),
      competition,
      out,
      signal,
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    await masks.return(undefined);
    await close();
  }
}

/** Masks come in the order of the list. */
async function nextMask(masks: AsyncGenerator<SampleMask>, id: string): Promise<SampleMask> {
  const { value, done } = await masks.next();
  if (done || value.sample.id !== id) throw new RangeError(`internal: no mask of ${id}.`);
  return value;
}

/** VOC's mask value of each label of the run. */
function vocValues(run: string, classes: readonly string[]): Uint8Array {
  const values = new Uint8Array(256);
  for (const [c, name] of classes.entries()) {
    const index = vocClasses.indexOf(name);
    if (index < 0) {
      throw new DataError(
        `${run}: all classes must be VOC's to be scored by its server; got "${name}". Train on a VOC devkit.`,
      );
    }
    values[c + 1] = index + 1;
  }
  return values;
}

/** The lists of a VOC folder; pictures of a test split have neither tags nor masks. */
async function vocDataset(path: string): Promise<Dataset> {
  const dataset = await openDataset(path);
  if (dataset.format === "voc") return dataset;
  throw new DataError(
    `${path}: must be a VOC folder, such as VOCdevkit/VOC2012; got ${dataset.format}.`,
  );
}

/** Problems that are printed before they are only counted. */
const shownProblems = 20;

async function check(
  file: string,
  dataset: Dataset,
  split: string,
  asked: Competition | undefined,
  progress: Progress,
): Promise<void> {
  const samples = samplesOf(dataset, split);
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const { images, problems, competition } = await checkSubmission(file, {
    ids: samples.map(({ id }) => id),
    sizeOf: (id) => pictureSize(byId.get(id)?.image ?? ""),
    competition: asked,
  });
  if (problems.length === 0) {
    progress.line(
      `${file}: ${images} masks of the split "${split}", ${competition}; the server can take it`,
    );
    return;
  }
  for (const { file: place, reason, fix } of problems.slice(0, shownProblems)) {
    progress.line(`${place}: ${reason}. ${fix}.`);
  }
  const more = problems.length - shownProblems;
  if (more > 0) progress.line(`and ${more} more`);
  progress.line(
    `${file}: ${problems.length} problems; the server would refuse it, or score it low`,
  );
  throw new ExitStatus(exitStatus.failed);
}
