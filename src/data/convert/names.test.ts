import { describe, expect, test } from "vitest";
import { fileNames, requireFileNames } from "./names.ts";

const names = (...ids: readonly string[]): string[] => fileNames(ids, { spaces: true });

describe("fileNames", () => {
  test("takes the last part of a path where it is the only one", () => {
    expect(names("train/cat/001", "train/dog/002")).toEqual(["001", "002"]);
  });

  test("takes all of the path where the last part is there twice, in any case", () => {
    expect(names("cat/001", "dog/001", "a/Photo", "b/photo")).toEqual([
      ...["cat_001", "dog_001", "a_Photo", "b_photo"],
    ]);
  });

  test("counts where paths still collide", () => {
    expect(names("a/b", "c/b", "a_b")).toEqual(["a_b-2", "c_b", "a_b"]);
    expect(names("x/a?", "x/a*")).toEqual(["x_a_", "x_a_-2"]);
  });

  test("replaces what some system takes for something else, and spaces where lists part at them", () => {
    expect(names("a:b*c", " .hidden ", "two words")).toEqual(["a_b_c", "_hidden", "two words"]);
    expect(fileNames(["two words"], { spaces: false })).toEqual(["two_words"]);
  });
});

describe("requireFileNames", () => {
  test("names the class that can be no file", () => {
    expect(() => requireFileNames("/data", ["cat", "a/b"], "VOC")).toThrow(
      '/data: the class "a/b" cannot be the name of a file, which VOC makes of it. Rename the class, leave it out (--classes), or convert to coco or table.',
    );
    expect(() => requireFileNames("/data", ["cat", "sea lion"], "VOC")).not.toThrow();
  });
});
