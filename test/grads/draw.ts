/** Random tensors that keep away from the places where a function has no derivative. */
import type { Random } from "../../src/random.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";

export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Values are rounded to float32, so that float32 and float64 runs start from the same numbers. */
export type Draw = (random: Random) => Tensor;

const each =
  (shape: Shape, value: (random: Random) => number): Draw =>
  (random) => ({
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(value(random))),
  });

/** Between -1 and 1. */
export const anywhere = (shape: Shape): Draw => each(shape, (random) => random.uniform(-1, 1));

/** Between 0.5 and 1.5. */
export const positive = (shape: Shape): Draw => each(shape, (random) => random.uniform(0.5, 1.5));

/** Between 0.2 and 1 in magnitude, of either sign. */
export const awayFromZero = (shape: Shape): Draw =>
  each(shape, (random) => random.pick([-1, 1]) * random.uniform(0.2, 1));

/** 0, 1 or 2, so that some are equal. */
export const integers = (shape: Shape): Draw => each(shape, (random) => random.int(3));

/** No two closer than 2 / size, so that a small step changes no maximum. */
export const distinct =
  (shape: Shape): Draw =>
  (random) => {
    const size = sizeOf(shape);
    const ranks = random.shuffle(Array.from({ length: size }, (_, i) => i));
    return { shape, data: Float64Array.from(ranks, (rank) => Math.fround((2 * rank) / size - 1)) };
  };
