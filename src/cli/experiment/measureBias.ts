/** How right a classifier is where an object and its context have been parted. */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Dataset } from "../../data/index.ts";
import { evaluateSplit } from "../../evaluate/evaluateSplit.ts";
import { tagAccuracy, topAccuracy } from "../../evaluate/tagAccuracy.ts";
import { openRun, RunFolder, startAttender, writeAtomically } from "../../train/index.ts";
import { tryParseJson } from "../../tryParseJson.ts";

/** Of one run on one split; fractions. */
export interface SplitMeasure {
  /** Of the class in question, both sides alike; without one, top-1 over all classes. */
  readonly accuracy: number;
  /** Where the split has masks. */
  readonly attentionMIoU: number | null;
  readonly energy: number | null;
}

export type BiasMeasure = Readonly<Record<string, SplitMeasure>>;

export interface MeasureBiasOptions {
  readonly dataset: Dataset;
  readonly splits: readonly string[];
  /** Index of the class in question. */
  readonly classIndex: number | undefined;
  readonly signal: AbortSignal;
}

/** Measures a run, or reads what was measured of it before. */
export async function measureBias(path: string, options: MeasureBiasOptions): Promise<BiasMeasure> {
  const folder = new RunFolder(path);
  const { splits, classIndex, dataset } = options;
  const key = JSON.stringify([
    splits,
    splits.map((name) => dataset.splits[name].length),
    classIndex,
  ]);
  const file = folder.file("bias.json");
  const known = tryParseJson(await readFile(file, "utf8").catch(() => "")) as
    | { readonly key: string; readonly measure: BiasMeasure }
    | undefined;
  if (known?.key === key) return known.measure;
  const measure = await measured(path, options);
  await writeAtomically(file, (temporary) =>
    writeFile(temporary, `${JSON.stringify({ key, measure }, null, 2)}\n`),
  );
  return measure;
}

async function measured(
  path: string,
  { dataset, splits, classIndex, signal }: MeasureBiasOptions,
): Promise<BiasMeasure> {
  const run = await openRun(path);
  const { classes } = dataset;
  const { attender, close } = await startAttender(run, { threads: availableParallelism() });
  try {
    const measures: [string, SplitMeasure][] = [];
    for (const split of splits) {
      const logits: number[] = [];
      const tags: (readonly number[])[] = [];
      const { attention } = await evaluateSplit({
        attender,
        model: run.model,
        dataset,
        split,
        signal,
        onPicture: (picture) => {
          logits.push(...picture.logits);
          tags.push(picture.sample.tags);
        },
      });
      const accuracy =
        classIndex === undefined
          ? topAccuracy(logits, tags, classes.length)
          : tagAccuracy(
              tags.map((_, n) => logits[n * classes.length + classIndex]),
              tags.map((own) => own.includes(classIndex)),
            ).accuracy;
      measures.push([
        split,
        { accuracy, attentionMIoU: attention?.mIoU ?? null, energy: attention?.energy ?? null },
      ]);
    }
    return Object.fromEntries(measures);
  } finally {
    await close();
  }
}
