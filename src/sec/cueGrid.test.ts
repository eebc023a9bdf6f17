import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import {
  backgroundFromAttention,
  backgroundFromSaliency,
  cueGrid,
  foregroundCells,
  noCue,
  planeOnGrid,
} from "./cueGrid.ts";

const cells = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(" ", ""), (digit) => Number(digit));

test("an object is where its map is above the share of the maximum, not at it", () => {
  const map = Float32Array.of(0, 1, 2, 4, 8, 10, 0, 0, 1);
  expect([...foregroundCells(map)]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0]);
  expect([...foregroundCells(map, 0.5)]).toEqual([0, 0, 0, 0, 1, 1, 0, 0, 0]);
  expect([...foregroundCells(map, 1)]).toEqual(new Array(9).fill(0));
});

test("a map that is zero everywhere, or not a number, claims nothing", () => {
  expect([...foregroundCells(new Float32Array(4))]).toEqual([0, 0, 0, 0]);
  expect([...foregroundCells(new Float32Array(4).fill(Number.NaN))]).toEqual([0, 0, 0, 0]);
});

test("background is strictly below the value at floor(share · cells) of the sorted medians", () => {
  // A ramp over the columns: its medians are the columns' own values, at the edges those repeated.
  const ramp = Float32Array.from({ length: 100 }, (_, i) => i % 10);
  const columns = (share: number): number =>
    backgroundFromSaliency(ramp, 10, share).reduce((sum, cell) => sum + cell, 0) / 10;
  expect([0, 0.05, 0.1, 0.25, 0.3, 1].map(columns)).toEqual([0, 0, 1, 2, 3, 9]);
  expect([...backgroundFromSaliency(ramp, 10, 0.1).subarray(0, 3)]).toEqual([1, 0, 0]);
});

test("a single salient or dark cell does not survive the median", () => {
  const plane = Float32Array.from({ length: 25 }, (_, i) => (i < 10 ? 1 : 2));
  const spotted = plane.slice();
  spotted[17] = 0;
  spotted[2] = 9;
  const background = backgroundFromSaliency(spotted, 5, 0.5);
  expect([...background]).toEqual([...backgroundFromSaliency(plane, 5, 0.5)]);
  expect([...background]).toEqual(Array.from({ length: 25 }, (_, i) => (i < 10 ? 1 : 0)));
});

test("saliency that is the same everywhere tells no background", () => {
  expect([...backgroundFromSaliency(new Float32Array(9).fill(3), 3, 0.5)]).toEqual(
    new Array(9).fill(0),
  );
});

test("background from attention is where all maps that say something are low", () => {
  const one = Float32Array.of(0, 0.5, 1, 10);
  const other = Float32Array.of(0, 0, 20, 0.5);
  const silent = new Float32Array(4);
  expect([...backgroundFromAttention([one], 2, 0.1)]).toEqual([1, 1, 0, 0]);
  expect([...backgroundFromAttention([one, other, silent], 2, 0.1)]).toEqual([1, 1, 0, 0]);
  expect([...backgroundFromAttention([other], 2, 0.1)]).toEqual([1, 1, 0, 1]);
  expect([...backgroundFromAttention([silent], 2, 0.1)]).toEqual([0, 0, 0, 0]);
  expect([...backgroundFromAttention([], 2, 0.1)]).toEqual([0, 0, 0, 0]);
});

test("the class with fewer cells has what several claim, and objects go before background", () => {
  const large = { classIndex: 0, cells: cells("111 100 000") };
  const small = { classIndex: 4, cells: cells("001 001 000") };
  const background = cells("000 111 111");
  const expected = [1, 1, 5, 1, 0, 5, 0, 0, 0];
  expect([...cueGrid([large, small], background, 3)]).toEqual(expected);
  expect([...cueGrid([small, large], background, 3)]).toEqual(expected);
});

test("of classes with equally many cells the one of lower index has them, in any order", () => {
  const first = { classIndex: 1, cells: cells("0110") };
  const second = { classIndex: 2, cells: cells("0011") };
  for (const claims of [
    [first, second],
    [second, first],
  ]) {
    expect([...cueGrid(claims, cells("0000"), 2)]).toEqual([noCue, 2, 2, 3]);
  }
});

test("a grid of another size is refused", () => {
  expect(() => cueGrid([], new Uint8Array(3), 2)).toThrow(
    new ShapeError("cueGrid: a grid of size 2 must have 4 cells and at least one; got 3."),
  );
  expect(() => backgroundFromSaliency(new Float32Array(5), 2)).toThrow(
    new ShapeError(
      "backgroundFromSaliency: a grid of size 2 must have 4 cells and at least one; got 5.",
    ),
  );
});

test("a plane is resized by its index, bilinearly", () => {
  const values = Float32Array.of(9, 9, 9, 9, 0, 4, 0, 4);
  const plane = planeOnGrid({ values, height: 2, width: 2 }, 1, 4);
  expect([...plane.subarray(0, 4)]).toEqual([0, 1, 3, 4]);
  expect(plane).toHaveLength(16);
});
