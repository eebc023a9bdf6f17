/** Arbitrary shapes and tensors. */
import fc from "fast-check";
import { constant, interpret, type Node } from "../../src/graph/index.ts";
import { type Shape, sizeOf } from "../../src/shape.ts";

export const dimension: fc.Arbitrary<number> = fc.integer({ min: 1, max: 4 });

export const shape: fc.Arbitrary<number[]> = fc.array(dimension, { maxLength: 4 });

/** Whole numbers, so that equal results are equal to the last bit. */
export const tensorOf = (dims: Shape): fc.Arbitrary<Node> =>
  fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: sizeOf(dims), maxLength: sizeOf(dims) })
    .map((values) => constant(values, dims));

export const tensor: fc.Arbitrary<Node> = shape.chain(tensorOf);

/** Two shapes that broadcast: each keeps some axes of a common one, as they are or as 1. */
export const broadcastablePair: fc.Arbitrary<readonly [number[], number[]]> = fc
  .array(fc.tuple(dimension, fc.constantFrom("both", "left", "right")), { maxLength: 4 })
  .chain((axes) => {
    const left = axes.map(([dim, side]) => (side === "right" ? 1 : dim));
    const right = axes.map(([dim, side]) => (side === "left" ? 1 : dim));
    const leadingOnes = (dims: number[]) => dims.findIndex((dim) => dim !== 1);
    const shortened = (dims: number[]) =>
      fc
        .integer({ min: 0, max: leadingOnes(dims) < 0 ? dims.length : leadingOnes(dims) })
        .map((dropped) => dims.slice(dropped));
    return fc.tuple(shortened(left), shortened(right));
  });

export const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);

export const innerProduct = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, value, i) => total + value * b[i], 0);
