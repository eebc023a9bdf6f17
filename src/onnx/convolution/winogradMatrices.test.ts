import { expect, test } from "vitest";
import { type Matrix, squared, type TileSize, winogradMatrices } from "./winogradMatrices.ts";

const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => row.reduce((sum, value, i) => sum + value * vector[i], 0));

test.for<TileSize>([2, 4])("F(%i, 3) is the convolution itself, but for rounding", (m) => {
  const { input, filter, output } = winogradMatrices(m);
  const signal = Array.from({ length: m + 2 }, (_, i) => Math.sin(1 + 3 * i));
  const taps = [0.7, -1.3, 0.4];
  const spread = times(filter, taps);
  const products = times(input, signal).map((value, i) => value * spread[i]);
  const expected = Array.from({ length: m }, (_, i) =>
    taps.reduce((sum, tap, j) => sum + tap * signal[i + j], 0),
  );
  times(output, products).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i], 13);
  });
});

test("F(2, 3) interpolates at 0, 1, -1 and infinity", () => {
  expect(winogradMatrices(2).output).toEqual([
    [1, 1, 1, 0],
    [0, 1, -1, 1],
  ]);
});

test("a matrix squared is its Kronecker product with itself", () => {
  expect([...squared([[1, 2]])]).toEqual([1, 2, 2, 4]);
  const [a, b, c, d] = [2, 3, 5, 7];
  expect([
    ...squared([
      [a, b],
      [c, d],
    ]),
  ]).toEqual([
    ...[a * a, a * b, b * a, b * b],
    ...[a * c, a * d, b * c, b * d],
    ...[c * a, c * b, d * a, d * b],
    ...[c * c, c * d, d * c, d * d],
  ]);
});
