import { expect, test } from "vitest";
import { BlankMaps } from "./blankMaps.ts";

test("counts blank maps and such as are no numbers, by class, and names the first of each", () => {
  const blank = new BlankMaps(["cat", "dog"]);
  expect(blank.add(0, Float32Array.of(0, 1), 3, "a")).toBe("sound");
  expect(blank.add(1, Float32Array.of(0, 0), -2, "b")).toBe("blank");
  expect(blank.add(1, Float32Array.of(0, 0), -4, "c")).toBe("blank");
  expect(blank.add(0, Float32Array.of(0, Number.NaN), 1, "d")).toBe("notFinite");
  expect(blank.add(0, Float32Array.of(0, Number.POSITIVE_INFINITY), 1, "e")).toBe("notFinite");
  expect(blank.result()).toEqual({
    maps: 5,
    blank: 2,
    notFinite: 2,
    perClass: {
      cat: { maps: 3, blank: 0, notFinite: 2 },
      dog: { maps: 2, blank: 2, notFinite: 0 },
    },
    meanScoreOfBlank: -3,
    firstBlank: { id: "b", class: "dog" },
    firstNotFinite: { id: "d", class: "cat" },
  });
});

test("zeros of a class whose score is no number are no blank map: a ReLU can hide a NaN", () => {
  const blank = new BlankMaps(["cat"]);
  expect(blank.add(0, Float32Array.of(0, 0), Number.NaN, "a")).toBe("notFinite");
  expect(blank.result()).toMatchObject({ blank: 0, meanScoreOfBlank: null, firstBlank: null });
});
