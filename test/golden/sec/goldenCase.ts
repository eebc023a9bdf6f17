/** The golden figures as make.py wrote them, and what the steps and losses that they are about are fed. */

import type { SecStep } from "../../../src/sec/index.ts";
import { type Shape, sizeOf } from "../../../src/shape.ts";
import type { Formula } from "../gain/formula.ts";

export interface Golden {
  readonly seed: number;
  /** The losses of given scores, and the gradient of each in them. */
  readonly losses: {
    readonly classes: number;
    readonly outputSize: number;
    readonly tags: Tags;
    readonly losses: Readonly<Record<string, number>>;
    readonly gradients: Readonly<Record<string, Summary>>;
  };
  readonly steps: readonly GoldenStep[];
}

export interface GoldenStep {
  readonly model: string;
  readonly inputSize: number;
  readonly classes: number;
  readonly tags: Tags;
  readonly losses: Readonly<Record<string, number>>;
  readonly layers: Readonly<Record<string, Summary & { readonly shape: Shape }>>;
  readonly gradients: Readonly<Record<string, Summary>>;
}

/** Classes of each image. */
type Tags = readonly (readonly number[])[];

export interface Summary {
  readonly norm: number;
  /** Inner product with numbers in [-1, 1) by formula. */
  readonly projection: number;
  /** Elements at places by formula. */
  readonly sampled: readonly number[];
}

/** Everything that the step is fed, parameters included. */
export function feedsOf(
  { tags }: GoldenStep,
  { model, inputs, dropouts, scores }: SecStep,
  formula: Formula,
): Record<string, Float32Array> {
  const masks = dropouts.map(
    ({ name, shape }) => [name, dropoutMask(name, shape, formula)] as const,
  );
  const parameters = model.parameters.map(
    ({ name, shape }) => [name, formula.parameter(name, shape)] as const,
  );
  return {
    images: formula.pictures(inputs.images.shape[0], model.inputSize),
    ...lossFeeds(tags, scores.shape, formula),
    ...Object.fromEntries([...masks, ...parameters]),
  };
}

/** Cues, tags and target for scores of a shape [N, K, h, h]. */
export function lossFeeds(
  tags: Tags,
  shape: Shape,
  formula: Formula,
): Record<"cues" | "tags" | "target", Float32Array> {
  const [count, labels, size] = shape;
  return {
    cues: cuesOf(tags, labels, size ** 2, formula),
    tags: Float32Array.from(
      tags.flatMap((row) => Array.from({ length: labels - 1 }, (_, c) => Number(row.includes(c)))),
    ),
    target: targetOf(count, labels, size ** 2, formula),
  };
}

/** 2 or 0, half of each. */
function dropoutMask(name: string, shape: Shape, formula: Formula): Float32Array {
  const value = formula.uniform(name);
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => (value(i) >= 0 ? 2 : 0));
}

/** A quarter of the places each: background, the first tag, the last tag, no cue. */
function cuesOf(tags: Tags, labels: number, places: number, formula: Formula): Float32Array {
  const kind = formula.integers("cues");
  const cues = new Float32Array(tags.length * labels * places);
  for (const [n, present] of tags.entries()) {
    const labelOf = [0, 1 + present[0], 1 + present[present.length - 1]];
    for (let i = 0; i < places; i++) {
      const label = labelOf[kind(n * places + i) % 4];
      if (label !== undefined) cues[(n * labels + label) * places + i] = 1;
    }
  }
  return cues;
}

/** Marginals, some of them below 1e-4. */
function targetOf(count: number, labels: number, places: number, formula: Formula): Float32Array {
  const value = formula.uniform("target");
  const raw = Float64Array.from(
    { length: count * labels * places },
    (_, i) => ((value(i) + 1) / 2) ** 4,
  );
  return Float32Array.from(raw, (mass, i) => {
    const first = Math.floor(i / (labels * places)) * labels * places + (i % places);
    let total = 0;
    for (let label = 0; label < labels; label++) total += raw[first + label * places];
    return mass / total;
  });
}

/** Largest deviation of a tensor's figures from a summary, relative to the norm. */
export function deviation(
  name: string,
  actual: ArrayLike<number>,
  { norm, projection, sampled }: Summary,
  formula: Formula,
): number {
  const direction = formula.uniform(`${name}/direction`);
  const place = formula.integers(`${name}/sampled`);
  let [squares, inner] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    squares += actual[i] ** 2;
    inner += actual[i] * direction(i);
  }
  const elements = sampled.map((value, i) => Math.abs(actual[place(i) % actual.length] - value));
  const errors = [Math.abs(Math.sqrt(squares) - norm), Math.abs(inner - projection), ...elements];
  return Math.max(...errors) / norm;
}
