import { describe, expect, test } from "vitest";
import type { Dataset, Sample } from "../types.ts";
import { splitsFor } from "./splitsFor.ts";
import type { ConvertFormat } from "./target.ts";

const sample = (id: string): Sample => ({ id, image: `/data/${id}.jpg`, tags: [] });

const dataset: Dataset = {
  ...{ root: "/data", format: "voc", classes: ["cat"], maskLabels: new Uint8Array(256) },
  splits: {
    train: [sample("a")],
    odd_ones: [sample("a"), sample("c")],
    "train new": [sample("d")],
    none: [],
    val: [sample("b")],
  },
};

/** Ids by split, and the notes. */
function planned(format: ConvertFormat, asked?: string) {
  const { splits, notes } = splitsFor(format, dataset, asked);
  return {
    splits: Object.fromEntries(
      [...splits].map(([name, samples]) => [name, samples.map(({ id }) => id)]),
    ),
    notes,
  };
}

describe("splitsFor", () => {
  test("VOC has all, under names without what parts its files' names", () => {
    expect(planned("voc")).toEqual({
      splits: { train: ["a"], val: ["b"], "odd-ones": ["a", "c"], "train-new": ["d"] },
      notes: [
        'the split "odd_ones" is called "odd-ones"',
        'the split "train new" is called "train-new"',
      ],
    });
  });

  test("COCO has all, none under a name that its readers take for train", () => {
    expect(planned("coco")).toEqual({
      splits: { train: ["a"], val: ["b"], odd_ones: ["a", "c"], "split-train-new": ["d"] },
      notes: ['the split "train new" is called "split-train-new"'],
    });
  });

  test("a table has each picture once", () => {
    expect(planned("table")).toEqual({
      splits: { train: ["a"], val: ["b"], odd_ones: ["c"], "train new": ["d"] },
      notes: ['1 of the pictures of the split "odd_ones" are in another, and stay there only'],
    });
  });

  test("YOLO has train, val and test, or the split that is asked for", () => {
    expect(planned("yolo")).toEqual({
      splits: { train: ["a"], val: ["b"] },
      notes: [
        'the split "odd_ones" was left out, of whose pictures 1 are in no other: yolo has train, val, test',
        'the split "train new" was left out, of whose pictures 1 are in no other: yolo has train, val, test',
      ],
    });
    expect(planned("yolo", "odd_ones")).toEqual({ splits: { odd_ones: ["a", "c"] }, notes: [] });
  });

  test("rejects a split that there is not, or that is empty", () => {
    expect(() => planned("coco", "test")).toThrow(
      '/data: split must be one of train, odd_ones, train new, none, val; got "test". Choose another --split.',
    );
    expect(() => planned("coco", "none")).toThrow(
      '/data: the split "none" is empty. Choose another --split.',
    );
  });
});
