import { expect, test } from "vitest";
import { ShapeError } from "../shape.ts";
import { CueScore } from "./cueScore.ts";

test("precision and recall by hand, over all pictures, void left out", () => {
  const score = new CueScore(["cat", "dog", "cow"]);
  //        cues: two right of three for cats; the wrong one lies on a dog.
  score.add(Uint8Array.of(1, 1, 1, 0, 255, 1), Uint8Array.of(1, 1, 2, 0, 1, 255));
  score.add(Uint8Array.of(0, 0, 255, 2, 255, 255), Uint8Array.of(0, 2, 0, 2, 2, 0));
  expect(score.result()).toEqual({
    images: 2,
    foreground: { precision: 3 / 4, recall: 3 / 7 },
    background: { precision: 2 / 3, recall: 2 / 4 },
    classes: {
      cat: { precision: 2 / 3, recall: 2 / 3 },
      dog: { precision: 1, recall: 1 / 4 },
      cow: { precision: null, recall: null },
    },
  });
});

test("a mask of other cells is refused", () => {
  expect(() => new CueScore(["cat"]).add(new Uint8Array(4), new Uint8Array(9))).toThrow(
    new ShapeError("CueScore: grid and truth must have the same cells; got [4] and [9]."),
  );
});
