/** A golden case as make.py wrote it, and the step of ours that it is about. */
import {
  type GuidanceOptions,
  type GuidedStep,
  guide,
  paperGuidance,
} from "../../../src/gain/index.ts";
import { createModel } from "../../../src/nn/index.ts";
import type { Formula } from "./formula.ts";

export interface Golden {
  readonly torch: string;
  readonly seed: number;
  readonly cases: readonly GoldenCase[];
}

export interface GoldenCase {
  readonly name: string;
  readonly model: string;
  readonly inputSize: number;
  readonly classes: number;
  readonly images: number;
  readonly supervised: number;
  /** Classes of each image. */
  readonly tags: readonly (readonly number[])[];
  /** For each slot the class of each image, -1 for none. */
  readonly chosen: readonly (readonly number[])[];
  readonly options: GuidanceOptions;
  readonly layer?: string;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradients: Readonly<Record<string, GradientSummary>>;
}

export interface GradientSummary {
  readonly norm: number;
  readonly sum: number;
  /** Inner product with numbers in [-1, 1) by formula. */
  readonly projection: number;
  /** Elements at places by formula. */
  readonly sampled: readonly number[];
}

export function stepOf(golden: GoldenCase): GuidedStep {
  const { model, classes, inputSize, images, supervised, chosen, options, layer } = golden;
  return guide(
    createModel(model, { classes, inputSize }),
    { ...paperGuidance, ...options, ...(layer !== undefined && { layer }) },
    { images, supervised, slots: chosen.length },
  );
}

/** Everything that the step is fed, parameters included. */
export function feedsOf(
  { images, supervised, classes, inputSize, tags, chosen }: GoldenCase,
  { model, masked, supervisedSize, inputs }: GuidedStep,
  formula: Formula,
): Record<string, Float32Array> {
  const oneHot = (rows: readonly (readonly number[])[]): Float32Array =>
    Float32Array.from(
      rows.flatMap((row) => Array.from({ length: classes }, (_, c) => (row.includes(c) ? 1 : 0))),
    );
  const isFilled = (slot: readonly number[], image: number): boolean => slot[image] >= 0;
  const classesOf = (image: number): number =>
    chosen.filter((slot) => isFilled(slot, image)).length;
  const supervisedImages = Array.from({ length: supervised }, (_, i) => images + i);
  const pairs = chosen.flatMap((slot) => supervisedImages.map((image) => isFilled(slot, image)));
  const { isClass, counts } = formula.masks(pairs.length, supervisedSize);
  const pixels = supervisedSize ** 2;
  const counted = pairs.map((_, p) => counts.slice(p * pixels, (p + 1) * pixels).filter(Boolean));
  const filled = pairs.filter(Boolean).length;
  const all: Record<string, () => Float32Array> = {
    images: () => formula.pictures(images + supervised, inputSize),
    tags: () => oneHot(tags),
    chosen: () => oneHot(chosen.flatMap((slot) => slot.map((c) => [c]))),
    miningWeights: () =>
      Float32Array.from(
        chosen.flatMap((slot) =>
          Array.from({ length: masked }, (_, i) =>
            isFilled(slot, i) ? 1 / (masked * classesOf(i)) : 0,
          ),
        ),
      ),
    extraTargets: () => Float32Array.from(isClass, Number),
    extraWeights: () =>
      Float32Array.from(counts, (counts, i) => {
        const p = Math.floor(i / pixels);
        return pairs[p] && counts ? 1 / (filled * counted[p].length) : 0;
      }),
  };
  const fed = Object.keys(inputs).map((name) => [name, all[name]()] as const);
  const parameters = model.parameters.map(
    ({ name, shape }) => [name, formula.parameter(name, shape)] as const,
  );
  return Object.fromEntries([...fed, ...parameters]);
}

/** What make.py keeps of a gradient. */
export function summarize(
  name: string,
  gradient: Float32Array | Float64Array,
  formula: Formula,
): GradientSummary {
  const direction = formula.uniform(`${name}/direction`);
  const place = formula.integers(`${name}/sampled`);
  let [squares, sum, projection] = [0, 0, 0];
  for (let i = 0; i < gradient.length; i++) {
    squares += gradient[i] ** 2;
    sum += gradient[i];
    projection += gradient[i] * direction(i);
  }
  const sampled = Array.from({ length: 8 }, (_, i) => gradient[place(i) % gradient.length]);
  return { norm: Math.sqrt(squares), sum, projection, sampled };
}

/** Largest deviation of a summary's figures, each in units of what a change of the norm makes it. */
export function deviation(
  actual: GradientSummary,
  expected: GradientSummary,
  size: number,
): number {
  const sampled = expected.sampled.map((value, i) => Math.abs(actual.sampled[i] - value));
  return (
    Math.max(
      Math.abs(actual.norm - expected.norm),
      Math.abs(actual.projection - expected.projection),
      Math.abs(actual.sum - expected.sum) / Math.sqrt(size),
      ...sampled,
    ) / expected.norm
  );
}
