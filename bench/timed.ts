/** What is timed, and the noise that it is fed. */
import type { Random } from "../src/random.ts";
import type { Computation, TensorData } from "../src/runtime/index.ts";
import { type Shape, sizeOf } from "../src/shape.ts";
import type { OptimizerOptions } from "../src/train/optimizer.ts";

/** Programs that run one after another on the same state, as they do in training. */
export interface TimedStep {
  readonly parts: readonly TimedPart[];
  /** Parameters, and what the optimiser remembers. */
  readonly state: ReadonlyMap<string, TensorData>;
}

export interface TimedPart {
  readonly computation: Computation;
  /** Called for each step, so that what is drawn anew is part of its time. */
  feeds(): ReadonlyMap<string, Float32Array>;
}

export const timedOptimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };

/** Noise of the deviation of photographs. */
export const noise = (shape: Shape, random: Random): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, 60));

/** Image i is of class i: [batchSize, classes]. */
export const oneHot = (batchSize: number, classes: number): Float32Array =>
  Float32Array.from({ length: batchSize * classes }, (_, i) =>
    i % classes === Math.floor(i / classes) % classes ? 1 : 0,
  );

/** What an optimiser remembers before the first step. */
export function emptySlots(
  slots: readonly { readonly name: string; readonly shape: Shape }[],
): (readonly [string, TensorData])[] {
  return slots.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]);
}
