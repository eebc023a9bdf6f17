/** Runs side by side, from what lies in their folders. */
import { basename, resolve } from "node:path";
import { DataError, type Dataset, readDataset } from "../data/index.ts";
import { type EvaluationRecord, readRecord } from "../evaluate/record/evaluationRecord.ts";
import { readMaps } from "../evaluate/record/mapsRecord.ts";
import { type RecordOptions, recordRun } from "../evaluate/record/recordRun.ts";
import { choosePictures } from "../report/choosePictures.ts";
import type { ReportData, ReportExample, ReportRun } from "../report/reportData.ts";
import { readSegmentationConfig } from "../segment/index.ts";
import { RunFolder, type RunKind } from "../train/index.ts";
import { UsageError } from "./errors.ts";
import { recordedExamples } from "./recordedExamples.ts";
import { historyOf, settingsOf } from "./runFigures.ts";

/** A run as its folder describes it. */
export interface DescribedRun extends ReportRun {
  readonly kind: RunKind;
  /** The data set that it was trained on. */
  readonly data: string;
  readonly record: EvaluationRecord;
}

export interface CompareOptions {
  /** The data set, if it is no longer where the runs were trained. */
  readonly data?: string | undefined;
  /** Pictures of each list; 12 by default. */
  readonly perList?: number;
  /** Called before a run is measured that holds no `evaluation.json`; its result is told by its options. */
  readonly measuring?: ((name: string) => RecordOptions) | undefined;
}

/**
 * What a report of the runs shows; the first one is what the others are compared with.
 *
 * @throws {UsageError} When the runs cannot be compared.
 * @throws {RunError | DataError} When a run or the data cannot be used.
 */
export async function compareRuns(
  paths: readonly string[],
  { data, perList = 12, measuring }: CompareOptions = {},
): Promise<Omit<ReportData, "command">> {
  const names = namesOf(paths);
  const runs: DescribedRun[] = [];
  for (const [i, path] of paths.entries()) {
    const run = await describeRun(path, names[i], { data, measuring });
    requireComparable(run, path, runs[0], paths[0]);
    runs.push(run);
  }
  const { examples, note } = await examplesOf(runs, data, perList);
  return {
    title: titleOf(runs),
    settings: {},
    runs,
    examples,
    ...(note !== undefined && { notes: [note] }),
  };
}

function titleOf([first, ...others]: readonly DescribedRun[]): string {
  const isOne = others.length === 0;
  const what =
    first.kind === "classification"
      ? `Where the network${isOne ? " looks" : "s look"}`
      : `What the network${isOne ? " masks" : "s mask"}`;
  return `${what}: ${[first, ...others].map(({ name }) => name).join(", ")}`;
}

/** A run with its record, which is made if it is not there. */
export async function describeRun(
  path: string,
  name: string,
  { data, measuring }: Pick<CompareOptions, "data" | "measuring"> = {},
): Promise<DescribedRun> {
  const folder = new RunFolder(path);
  const kind = await folder.kind();
  const config =
    kind === "segmentation" ? await readSegmentationConfig(path) : await folder.readConfig();
  const record =
    (await readRecord(folder)) ?? (await recordRun(path, data ?? config.data, measuring?.(name)));
  return {
    ...{ name, kind, record, data: config.data },
    metrics: record.figures,
    history: historyOf(await folder.readMetrics()),
    maps: await readMaps(folder),
    settings: settingsOf(config),
  };
}

/** The folders' names, or their whole paths where two have one name. */
function namesOf(paths: readonly string[]): readonly string[] {
  const names = paths.map((path) => basename(resolve(path)));
  return new Set(names).size === names.length ? names : paths;
}

function requireComparable(
  { kind, metrics }: DescribedRun,
  path: string,
  first: DescribedRun | undefined,
  firstPath: string,
): void {
  if (first === undefined) return;
  const [classes, wanted] = [metrics.classes, first.metrics.classes].map((all) => all.join(", "));
  if (kind !== first.kind) {
    throw new UsageError(
      `${path}: must be a run like ${firstPath}, of ${first.kind}; got one of ${kind}. Compare runs of one kind.`,
    );
  }
  if (classes !== wanted) {
    throw new UsageError(
      `${path}: must have the classes of ${firstPath}, ${wanted}; got ${classes}. Compare runs of the same classes.`,
    );
  }
}

/** The pictures, or why there are none: figures can be compared without them. */
async function examplesOf(
  runs: readonly DescribedRun[],
  data: string | undefined,
  perList: number,
): Promise<{ examples: readonly ReportExample[]; note?: string }> {
  const [first] = runs;
  const root = data ?? first.data;
  let dataset: Dataset;
  try {
    dataset = await readDataset(root, { classes: first.metrics.classes });
  } catch (error) {
    if (data !== undefined || !(error instanceof DataError)) throw error;
    return { examples: [], note: `Pictures are not shown: ${error.message} Name it with --data.` };
  }
  const chosen = choosePictures(runs, { perList });
  const examples = await recordedExamples(chosen, runs, dataset);
  if (examples.length === 0 && chosen.length > 0) {
    return {
      examples,
      note: `Pictures are not shown: ${root} has none of those that were measured.`,
    };
  }
  return { examples };
}
