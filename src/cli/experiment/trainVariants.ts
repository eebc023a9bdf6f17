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
  measure: (run: string, variant: Variant, seed: number) => Promise<T>,
): Promise<VariantMeasures<T>[]> {
  await trainVariants(trainings);
  const { variants, seeds, out } = trainings;
  const rows: VariantMeasures<T>[] = [];
  for (const variant of variants) {
    const measures: T[] = [];
    for (const seed of seeds)
      measures.push(await measure(runOf(out, seed, variant.name), variant, seed));
    rows.push({ label: variant.label, measures });
  }
  return rows;
}

/** RUN folder of a variant, or of the start. */
const runOf = (out: string, seed: number, variant: string): string =>
  join(out, `seed-${seed}`, variant);

/** Trains what is not trained yet. @throws {ExitStatus} When it was interrupted. */
async function trainVariants(trainings: Trainings): Promise<void> {
  const { recipe, variants, seeds, out, data, tune, signal } = trainings;
  for (const seed of seeds) {
    const start = runOf(out, seed, startFolder);
    const stage = { data, tune, signal };
    await trainAsStage({
      ...stage,
      title: startFolder,
      about: `Seed ${seed}: the start, without guidance`,
      out: start,
      options: { ...recipe.start, seed },
    });
    const weights = new RunFolder(start).checkpointPath;
    for (const { name, label, options } of variants) {
      await trainAsStage({
        ...stage,
        title: label,
        about: `Seed ${seed}: going on, guidance ${label}`,
        out: runOf(out, seed, name),
        options: { ...recipe.continuation, ...options, weights, seed },
      });
    }
  }
}
