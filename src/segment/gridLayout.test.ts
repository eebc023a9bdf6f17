import { expect, test } from "vitest";
import { noCue } from "../sec/cueGrid.ts";
import { cueRows, flipGrid, resampleGrid } from "./gridLayout.ts";

/** A grid whose cells are all different as far as bytes go. */
const numbered = (side: number): Uint8Array =>
  Uint8Array.from({ length: side * side }, (_, i) => i % 251);

test("a grid of 41 keeps its corners at 31, and takes the nearest cell in between", () => {
  const grid = numbered(41);
  const resized = resampleGrid(grid, 41, 31);
  expect(resized).toHaveLength(31 * 31);
  for (const [row, from] of [
    [0, 0],
    [30, 40],
  ]) {
    expect(resized[row * 31]).toBe(grid[from * 41]);
    expect(resized[row * 31 + 30]).toBe(grid[from * 41 + 40]);
  }
  // Place i of 31 lies at 40 i / 30: 3 at 4, 10 at 13.3, 20 at 26.7.
  for (const [place, cell] of [
    [3, 4],
    [10, 13],
    [20, 27],
  ]) {
    expect(resized[place * 31 + place]).toBe(grid[cell * 41 + cell]);
  }
});

test("a grid of the same side stays, and one of another side keeps its labels only", () => {
  const grid = numbered(5);
  expect(resampleGrid(grid, 5, 5)).toEqual(grid);
  const labels = new Set(resampleGrid(Uint8Array.of(0, 3, noCue, 2), 2, 7));
  expect(labels).toEqual(new Set([0, 3, noCue, 2]));
  expect([...resampleGrid(Uint8Array.of(7, 1, 1, 1), 2, 1)]).toEqual([7]);
});

test("mirrored twice a grid is itself, and once its rows run backwards", () => {
  const grid = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8);
  expect([...flipGrid(grid, 3)]).toEqual([2, 1, 0, 5, 4, 3, 8, 7, 6]);
  expect(flipGrid(flipGrid(grid, 3), 3)).toEqual(grid);
  expect([...grid]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("each label is 1 in its own plane, and a cell without a cue in none", () => {
  const planes = new Float32Array(3 * 4);
  cueRows(planes, Uint8Array.of(0, 2, noCue, 1), 2);
  expect([...planes]).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
});

test("a label that stands for no class is an error of ours", () => {
  expect(() => cueRows(new Float32Array(3), Uint8Array.of(3), 2)).toThrow(
    new RangeError("internal: label 3 of 2 classes."),
  );
});
