/** The trainings of an experiment, one start and its continuations for each seed, and their figures. */
import { join } from "node:path";
import { RunFolder } from "../../train/index.ts";
import { trainAsStage } from "../training.ts";
import type { TuneFlags } from "../tuning.ts";
import { type Recipe, startFolder, type Variant } from "./recipe.ts";

export interface Trainings extends TuneFlags {
  readonly recipe: Recipe;
  readonly variants: readonly Variant[];
  readonly seeds: readonly number[];
  /** Path of the data set. */
  readonly data: string;
  /** Folder of the experiment. */
  readonly out: string;
  readonly signal: AbortSignal;
}

/** The figures of one variant, one for each seed. */
export interface VariantMeasures<T> {
  readonly label: string;
  readonly measures: readonly T[];
}

/** Trains what is not trained yet, then measures every run of every variant. */
export async function measureVariants<T>(
  trainings: Trainings,
  measure: (run: string, label: string, seed: number) => Promise<T>,
): Promise<VariantMeasures<T>[]> {
  await trainVariants(trainings);
  const { recipe, variants, seeds, out } = trainings;
  const { label } = recipe.start ?? {};
  const measured = [...(label === undefined ? [] : [{ name: startFolder, label }]), ...variants];
  const rows: VariantMeasures<T>[] = [];
  for (const { name, label } of measured) {
    const measures: T[] = [];
    for (const seed of seeds) measures.push(await measure(runOf(out, seed, name), label, seed));
    rows.push({ label, measures });
  }
  return rows;
}

/** RUN folder of a variant, or of the start. */
const runOf = (out: string, seed: number, variant: string): string =>
  join(out, `seed-${seed}`, variant);

/** Trains what is not trained yet. @throws {ExitStatus} When it was interrupted. */
async function trainVariants(trainings: Trainings): Promise<void> {
  const { recipe, variants, seeds, out, data, tune, signal } = trainings;
  const { start, continuation } = recipe;
  for (const seed of seeds) {
    const stage = { data, tune, signal };
    const folder = runOf(out, seed, startFolder);
    if (start !== undefined) {
      await trainAsStage({
        ...stage,
        data: start.data ?? data,
        title: startFolder,
        about: `Seed ${seed}: the start, without guidance`,
        out: folder,
        options: { ...start.options, seed },
      });
    }
    const started = start && { weights: new RunFolder(folder).checkpointPath };
    for (const { name, label, options } of variants) {
      await trainAsStage({
        ...stage,
        title: label,
        about: `Seed ${seed}: going on, guidance ${label}`,
        out: runOf(out, seed, name),
        options: { ...continuation, ...options, ...started, seed },
      });
    }
  }
}
