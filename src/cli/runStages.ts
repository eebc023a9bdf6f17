/** The stages of `gain run`; each is gone on with, or left alone, where it was begun before. */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkDataset,
  DataError,
  type Dataset,
  type DatasetReport,
  type Sample,
} from "../data/index.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { evaluateRun } from "../evaluate/evaluateRun.ts";
import {
  type CueOptionsInput,
  makeCues,
  secRun,
  type WrittenMasks,
  writeMasks,
} from "../segment/index.ts";
import { RunFolder, trainRun, writeAtomically } from "../train/index.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { isUsable } from "./check.ts";
import { cueReport } from "./cueReport.ts";
import { ExitStatus, exitStatus } from "./errors.ts";
import { percent } from "./format.ts";
import type { Progress } from "./progress.ts";
import type { RunWishes } from "./runRecipe.ts";
import { measureMasks, tellWarnings } from "./sec.ts";
import { TensorBoard } from "./tensorboard.ts";
import { measure, type TrainReporter } from "./trainReporter.ts";
import { type Tune, tuningOf } from "./tuning.ts";

/** Where the stages' results lie. */
export interface RunPaths {
  readonly check: string;
  readonly classifier: string;
  readonly cues: string;
  readonly segmenter: string;
  readonly masks: string;
  readonly evaluation: string;
  readonly report: string;
  readonly sheet: string;
}

export function runPaths(out: string): RunPaths {
  return {
    check: join(out, "check.json"),
    classifier: join(out, "classifier"),
    cues: join(out, "cues"),
    segmenter: join(out, "segmenter"),
    masks: join(out, "masks"),
    evaluation: join(out, "evaluation.json"),
    report: join(out, "report.html"),
    sheet: join(out, "masks.png"),
  };
}

/** Everything that the stages share. */
export interface Staging {
  /** Path of the data set. */
  readonly data: string;
  readonly dataset: Dataset;
  readonly paths: RunPaths;
  readonly options: RunWishes;
  readonly cues: CueOptionsInput;
  readonly tune: Tune;
  /** Whether both trainings write event files. */
  readonly hasTensorboard?: boolean;
  readonly signal: AbortSignal;
  reporter(title: string): TrainReporter;
  progress(title: string): Progress;
}

/** What is wrong with the data; ends the command when it cannot be trained on. */
export async function checkStage({ data, dataset, paths, progress }: Staging): Promise<void> {
  const done = await readJson<DatasetReport & { digest?: string }>(paths.check);
  const digest = JSON.stringify([dataset.root, dataset.classes, countsOf(dataset)]);
  // What was found amiss may have been mended since.
  const isKnown = done?.digest === digest && done.problems.length === 0;
  const bar = progress("check");
  try {
    const report = isKnown
      ? done
      : await checkDataset(data, {
          classes: dataset.classes,
          onProgress: (n, total) => bar.update(n, total),
        });
    if (!isKnown) await writeJson(paths.check, { ...report, digest });
    for (const { file, reason, fix } of report.problems.slice(0, shownProblems)) {
      bar.line(`${file}: ${reason}. ${fix}.`);
    }
    const { length } = report.problems;
    if (length > shownProblems) bar.line(`and ${length - shownProblems} more, in ${paths.check}`);
    const pictures = Object.values(report.splits).reduce((sum, { images }) => sum + images, 0);
    bar.line(`check: ${pictures} pictures, ${report.classes.length} classes, ${length} problems`);
    if (!isUsable(report)) throw new ExitStatus(exitStatus.failed);
  } finally {
    bar.stop();
  }
}

const shownProblems = 5;

const countsOf = ({ splits }: Dataset): Record<string, number> =>
  Object.fromEntries(Object.entries(splits).map(([name, samples]) => [name, samples.length]));

export async function trainStage(staging: Staging): Promise<void> {
  const { data, paths, options, tune, signal, reporter } = staging;
  const tell = reporter("train");
  const tensorboard = staging.hasTensorboard ? new TensorBoard(paths.classifier) : undefined;
  try {
    const { status } = await trainRun({
      ...{ data, out: paths.classifier, options: options.train, resume: true, signal },
      tuning: tuningOf(tune, tell),
      onEvent: (event) => {
        tell.tell(event);
        tensorboard?.tell(event);
      },
      evaluate: (context) => measure(context, tell, tensorboard),
    });
    endStage(status, tell);
  } finally {
    tell.stop();
    await tensorboard?.close();
  }
}

export async function cueStage(staging: Staging): Promise<void> {
  const { dataset, paths, cues, signal, progress } = staging;
  const bar = progress("cues");
  try {
    const { threads } = staging.options.train;
    const { header, status } = await makeCues({
      ...{ run: paths.classifier, data: dataset, out: paths.cues, options: cues, threads, signal },
      onProgress: (done, total) => bar.update(done, total),
      onFailure: ({ file, reason }) => bar.line(`skipped ${file}: ${reason}`),
    });
    const { images, cells } = cueReport(paths.cues, header);
    bar.line(
      `cues: ${images} pictures, foreground ${percent(cells.foreground)}, background ${percent(cells.background)} of the cells${status === "complete" ? " (there already)" : ""}`,
    );
  } finally {
    bar.stop();
  }
}

export async function secStage(staging: Staging): Promise<void> {
  const { data, paths, options, tune, signal, reporter } = staging;
  const tell = reporter("sec");
  const tensorboard = staging.hasTensorboard ? new TensorBoard(paths.segmenter) : undefined;
  try {
    const { status } = await secRun({
      ...{
        data,
        cues: paths.cues,
        out: paths.segmenter,
        options: options.sec,
        resume: true,
        signal,
      },
      tuning: tuningOf(tune, tell),
      onEvent: (event) => {
        tell.tell(event);
        tensorboard?.tell(event);
      },
      onWarnings: (warnings) => tellWarnings(warnings, (text) => tell.line(text)),
      evaluate: (context) => measureMasks(context, tell, tensorboard),
    });
    endStage(status, tell);
  } finally {
    tell.stop();
    await tensorboard?.close();
  }
}

/** Masks of every picture of the data set, tags taken at their word. */
export async function maskStage(staging: Staging): Promise<WrittenMasks> {
  const { dataset, paths, signal, progress } = staging;
  // A picture of VOC is in "train" and in "trainval".
  const byId = new Map(Object.values(dataset.splits).flatMap((all) => all.map((s) => [s.id, s])));
  const bar = progress("segment");
  let empty = 0;
  try {
    const { threads } = staging.options.sec;
    const written = await writeMasks({
      run: paths.segmenter,
      samples: [...byId.values()],
      out: paths.masks,
      crf: true,
      useTags: true,
      ...(threads !== undefined && { threads }),
      signal,
      onProgress: (done, total) => bar.update(done, total),
      onFailure: ({ file, reason }) => bar.line(`skipped ${file}: ${reason}`),
      onMask: async (_, { labels }) => {
        if (labels.every((label) => label === 0)) empty++;
      },
    });
    const { made, kept } = written;
    bar.line(
      `segment: ${made + kept} masks in ${paths.masks}${kept > 0 ? `, ${kept} were there` : ""}`,
    );
    if (empty > 0) {
      bar.line(`${empty} of them hold no object; if these are many, train longer (--sec-epochs)`);
    }
    return written;
  } finally {
    bar.stop();
  }
}

/** The figures on "val", with the CRF and without tags; undefined where there is no mask to compare with. */
export async function evaluateStage(staging: Staging): Promise<EvaluateJson | undefined> {
  const { data, dataset, paths, signal, progress } = staging;
  const { val = [] } = dataset.splits;
  if (!val.some(({ mask }) => mask !== undefined)) return undefined;
  const done = await readJson<{ digest: string; result: EvaluateJson }>(paths.evaluation);
  const digest = await digestOfEvaluation(paths.segmenter, val);
  if (done?.digest === digest) return done.result;
  const bar = progress("evaluate");
  try {
    const { threads } = staging.options.sec;
    const result = await evaluateRun(paths.segmenter, data, {
      ...{ crf: true, signal },
      ...(threads !== undefined && { threads }),
      onProgress: (n, total) => bar.update(n, total),
      onFailure: ({ file, reason }) => bar.line(`skipped ${file}: ${reason}`),
    });
    await writeJson(paths.evaluation, { digest, result });
    return result;
  } catch (error) {
    // The masks are made; that they cannot be measured was told of the data before.
    if (!(error instanceof DataError)) throw error;
    bar.line(error.message);
    return undefined;
  } finally {
    bar.stop();
  }
}

function endStage(status: "done" | "complete" | "interrupted", reporter: TrainReporter): void {
  if (status === "interrupted") throw new ExitStatus(exitStatus.interrupted);
  if (status === "complete") reporter.line("done already");
}

/** Of what an evaluation follows from, but for the pictures' files themselves. */
async function digestOfEvaluation(run: string, samples: readonly Sample[]): Promise<string> {
  return createHash("sha256")
    .update(await readFile(new RunFolder(run).checkpointPath))
    .update(
      JSON.stringify(
        samples.map(({ id, mask }) => [id, mask]),
        bytesAsText,
      ),
    )
    .digest("hex");
}

/** A brush's run lengths are bytes, which JSON would name one by one. */
function bytesAsText(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

/** A file of ours; undefined where it is not there, or was cut short. */
async function readJson<T>(path: string): Promise<T | undefined> {
  return tryParseJson(await readFile(path, "utf8").catch(() => "")) as T | undefined;
}

const writeJson = (path: string, value: object): Promise<void> =>
  writeAtomically(path, (temporary) => writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`));
