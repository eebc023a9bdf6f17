import { expect, test } from "vitest";
import { countCues, countLabels } from "./cueSet.ts";

test("counts cells, pictures of each class, and what got no cue", () => {
  const grids = new Map([
    ["a", Uint8Array.of(0, 0, 1, 255)],
    ["b", Uint8Array.of(255, 255, 255, 255)],
    ["c", Uint8Array.of(0, 1, 3, 3)],
  ]);
  expect(countCues({ size: 2, classes: ["cat", "cow", "dog"], grids })).toEqual({
    images: 3,
    background: 3,
    foreground: 4,
    none: 5,
    imagesOfClass: { cat: 2, cow: 0, dog: 1 },
    withoutCue: ["b"],
    neverSeeded: ["cow"],
  });
});

test("counts of labels sum to the cells", () => {
  const counts = countLabels(Uint8Array.of(0, 0, 7, 255));
  expect([counts[0], counts[7], counts[255]]).toEqual([2, 1, 1]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
});
