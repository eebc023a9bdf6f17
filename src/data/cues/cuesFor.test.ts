import { expect, test } from "vitest";
import type { Dataset, Sample } from "../types.ts";
import { cuesFor } from "./cuesFor.ts";

const sample = (id: string, tags: readonly number[]): Sample => ({ id, image: `/${id}.jpg`, tags });

/** Classes in another order than in the cues, which have one more. */
const dataset: Dataset = {
  root: "/data",
  format: "voc",
  classes: ["dog", "cat"],
  maskLabels: new Uint8Array(256),
  splits: {
    train: [sample("a", [0, 1]), sample("b", [1]), sample("c", [1]), sample("d", [0])],
    val: [sample("v", [0])],
  },
};
const classes = ["cat", "cow", "dog"];
const cueSet = (grids: Readonly<Record<string, readonly number[]>>) => ({
  size: 2,
  classes,
  grids: new Map(Object.entries(grids).map(([id, cells]) => [id, Uint8Array.from(cells)])),
});

test("labels become those of the classes of that name; other classes become no cue", () => {
  const { cues, warnings } = cuesFor(
    dataset,
    cueSet({ a: [0, 1, 3, 2], b: [255, 1, 1, 0], c: [2, 255, 2, 255], v: [0, 0, 0, 0] }),
  );
  expect(cues).toEqual({
    size: 2,
    classes: ["dog", "cat"],
    grids: new Map([
      ["a", Uint8Array.of(0, 2, 1, 255)],
      ["b", Uint8Array.of(255, 2, 2, 0)],
      ["c", new Uint8Array(4).fill(255)],
    ]),
  });
  expect(warnings).toEqual({
    withoutGrid: ["d"],
    withoutCue: ["c"],
    neverSeeded: [],
    untagged: [],
    untaggedCells: 0,
  });
});

test("cues of classes without a tag are kept and counted, and classes without a cue named", () => {
  const { cues, warnings } = cuesFor(dataset, cueSet({ d: [1, 1, 0, 255], b: [1, 0, 0, 0] }));
  expect(cues.grids.get("d")).toEqual(Uint8Array.of(2, 2, 0, 255));
  expect(warnings).toEqual({
    withoutGrid: ["a", "c"],
    withoutCue: [],
    neverSeeded: ["dog"],
    untagged: ["d"],
    untaggedCells: 2,
  });
});

test("cues of no training picture are refused", () => {
  expect(() => cuesFor(dataset, cueSet({ "2007_000032": [0, 0, 0, 0], v: [0, 0, 0, 0] }))).toThrow(
    '/data: none of the 4 training pictures has cues; there are cues of 2 others, such as "2007_000032". Give the cues that were made for this data set.',
  );
});

test("a class that the cues do not have is refused", () => {
  expect(() => cuesFor({ ...dataset, classes: ["dog", "horse"] }, cueSet({}))).toThrow(
    '/data: the cues have no class "horse"; they have cat, cow, dog. Make cues for the data set\'s classes, or choose classes with --classes.',
  );
});

test("a label that stands for nothing, and a grid of another size, are refused by id", () => {
  expect(() => cuesFor(dataset, cueSet({ b: [0, 1, 4, 255] }))).toThrow(
    "b: the picture's cue at row 1, column 0 is 4, which stands for no class. Use 0 for background, 1 to 3 for the classes and 255 for no cue.",
  );
  expect(() => cuesFor(dataset, cueSet({ b: [0, 1, 2] }))).toThrow(
    "b: the picture's grid must have 2x2 cells; it has 3. Make the cues anew.",
  );
});
