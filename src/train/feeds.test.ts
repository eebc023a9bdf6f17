import { describe, expect, test } from "vitest";
import { type Batch, ignoreLabel, type Sample } from "../data/index.ts";
import { type GuidanceOptions, type GuidedStep, guide } from "../gain/index.ts";
import { smallnet } from "../nn/index.ts";
import { batchFeeds } from "./feeds.ts";
import type { StepPlan } from "./sampler.ts";

const size = 16;
const classes = 4;
const model = smallnet({ classes, inputSize: size });

interface Setup {
  readonly tags: readonly (readonly number[])[];
  readonly options?: Partial<GuidanceOptions>;
  /** E: the last of the pictures. */
  readonly supervised?: number;
  readonly slots?: number;
  readonly draws?: readonly number[];
  readonly sources?: readonly number[];
  /** Label of every pixel of an image's mask, by image. */
  readonly label?: (image: number, y: number, x: number) => number;
}

/** Feeds of a batch of pictures with these tags; by default self-guidance, one slot. */
function feed({ tags, supervised = 0, slots = 1, options, draws, sources, label }: Setup): {
  step: GuidedStep;
  feeds: Record<string, Float32Array>;
  batch: Batch;
} {
  const images = tags.length - supervised;
  const step = guide(model, { guidance: "self", ...options }, { images, supervised, slots });
  const items = tags.map((own, n) => {
    const sample: Sample = { id: `${n}`, image: `/${n}.png`, tags: own };
    return { sample, augmentation: { flip: false }, withMask: n >= images };
  });
  const plan: StepPlan = { items, draws: draws ?? tags.map(() => 0) };
  const pixels = size * size;
  const masks = label && new Uint8Array(tags.length * pixels).fill(ignoreLabel);
  for (let i = images * pixels; masks && i < masks.length; i++) {
    const [image, place] = [Math.floor(i / pixels), i % pixels];
    masks[i] = label(image, Math.floor(place / size), place % size);
  }
  const batch: Batch = {
    images: new Float32Array(tags.length * 3 * pixels),
    ...(masks && { masks }),
    sources: Int32Array.from(sources ?? tags.map((_, n) => n)),
    failures: [],
  };
  return { step, feeds: batchFeeds(step, plan, batch), batch };
}

/** Rows of one number for each class. */
function rowsOf(values: Float32Array): number[][] {
  return Array.from({ length: values.length / classes }, (_, row) =>
    Array.from(values.subarray(row * classes, (row + 1) * classes)),
  );
}

/** The class of each row, -1 for a row of zeros. */
const chosenOf = (values: Float32Array): number[] => rowsOf(values).map((row) => row.indexOf(1));

const total = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

describe("every step", () => {
  test("is fed the batch's own pictures and a 1 for each tag", () => {
    const { feeds, batch } = feed({ tags: [[0, 2], [], [3]], options: { guidance: "none" } });
    expect(Object.keys(feeds).sort()).toEqual(["images", "tags"]);
    expect(feeds.images).toBe(batch.images);
    expect(rowsOf(feeds.tags)).toEqual([
      [1, 0, 1, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
  });

  test("is fed a value of the right size for each of its inputs, and nothing else", () => {
    const tags = [[0, 2], [1], [3], [1, 2, 3]];
    for (const guidance of ["none", "self", "extra"] as const) {
      const supervised = guidance === "extra" ? 2 : 0;
      const { step, feeds } = feed({ tags, slots: 2, supervised, options: { guidance } });
      expect(Object.keys(feeds).sort()).toEqual(Object.keys(step.inputs).sort());
      for (const [name, { shape }] of Object.entries(step.inputs)) {
        expect(feeds[name].length, name).toBe(shape.reduce((a: number, b: number) => a * b, 1));
      }
    }
  });

  test("takes the tags of the picture that fills the place of a broken one", () => {
    const { feeds } = feed({ tags: [[0], [1, 3], [2]], sources: [0, 2, 2], slots: 2 });
    expect(rowsOf(feeds.tags)).toEqual([
      [1, 0, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 1, 0],
    ]);
    expect(chosenOf(feeds.chosen)).toEqual([0, 2, 2, -1, -1, -1]);
  });
});

describe("the chosen class", () => {
  test("is drawn evenly from the picture's tags where there is one slot", () => {
    for (const [draw, expected] of [
      [0, 0],
      [0.33, 0],
      [0.34, 2],
      [0.67, 3],
      [0.999, 3],
    ]) {
      const { feeds } = feed({ tags: [[0, 2, 3]], draws: [draw] });
      expect(chosenOf(feeds.chosen), `draw ${draw}`).toEqual([expected]);
    }
  });

  test("is one-hot in each slot, each tag once; slots beyond the tags are zero", () => {
    const { feeds } = feed({ tags: [[0, 2, 3], [1], []], slots: 3, draws: [0.5, 0.9, 0.1] });
    for (const row of rowsOf(feeds.chosen)) expect([0, 1]).toContain(row.reduce((a, b) => a + b));
    // Slot by slot: the first picture starts at its second tag and goes round.
    expect(chosenOf(feeds.chosen)).toEqual([2, 1, -1, 3, -1, -1, 0, -1, -1]);
  });
});

describe("the weights of the mining loss", () => {
  test("are 1/n for the n classes of an image, mean over the masked images", () => {
    const { feeds } = feed({ tags: [[0, 2, 3], [1], [1, 2], [0]], slots: 3 });
    const expected = [1 / 12, 1 / 4, 1 / 8, 1 / 4, 1 / 12, 0, 1 / 8, 0, 1 / 12, 0, 0, 0];
    expect(feeds.miningWeights).toEqual(Float32Array.from(expected));
    expect(total(feeds.miningWeights)).toBeCloseTo(1, 6);
  });

  test("count only the classes that have a slot", () => {
    const { feeds } = feed({ tags: [[0, 2, 3], [1]], slots: 1 });
    expect([...feeds.miningWeights]).toEqual([0.5, 0.5]);
  });

  test("belong to the masked images, the first of the batch", () => {
    const { feeds } = feed({
      tags: [[0, 2], [1], [3], [2]],
      slots: 2,
      options: { maskedShare: 0.5 },
    });
    expect([...feeds.miningWeights]).toEqual([0.25, 0.5, 0.25, 0]);
  });

  test("of an image without tags are zero", () => {
    const { feeds } = feed({ tags: [[], [1]] });
    expect([...feeds.miningWeights]).toEqual([0, 0.5]);
  });
});

describe("the extra supervision", () => {
  const extra = { guidance: "extra" } as const;
  const side = size / 4;
  const planesOf = (values: Float32Array): number[][] =>
    Array.from({ length: values.length / side ** 2 }, (_, p) =>
      Array.from(values.subarray(p * side ** 2, (p + 1) * side ** 2)),
    );

  test("looks the class's mask up at every fourth pixel, from the third", () => {
    // Class 1 (label 2) is there in one pixel only, which is looked up at row 1, column 3.
    const label = (_: number, y: number, x: number) => (y === 6 && x === 14 ? 2 : 0);
    const { step, feeds } = feed({ tags: [[0], [1]], supervised: 1, options: extra, label });
    expect(step.supervisedSize).toBe(side);
    const expected = Array(side ** 2).fill(0);
    expected[1 * side + 3] = 1;
    expect(planesOf(feeds.extraTargets)).toEqual([expected]);
  });

  test("weighs the pixels of a pair alike, 1/(E n) together", () => {
    const label = (image: number, y: number) => (y < 8 ? image : 0);
    const { feeds } = feed({
      tags: [[0], [0], [1, 2], [2]],
      supervised: 2,
      slots: 2,
      options: extra,
      // Image 2 has masks of its classes 1 (label 2) above; image 3 has class 2 (label 3) above.
      label,
    });
    const weights = planesOf(feeds.extraWeights);
    const sums = weights.map((plane) => plane.reduce((a, b) => a + b));
    // Pairs: image 2 with 1, image 3 with 2, image 2 with 2 (not in its mask), an empty slot.
    expect(sums).toEqual([expect.closeTo(1 / 4, 6), expect.closeTo(1 / 2, 6), 0, 0]);
    expect(new Set(weights[0]).size).toBe(1);
    expect(planesOf(feeds.extraTargets)[0]).toEqual([...Array(8).fill(1), ...Array(8).fill(0)]);
  });

  test("weighs void pixels nothing, and the others more", () => {
    const label = (_: number, y: number, x: number) => (x < 8 ? ignoreLabel : y < 8 ? 2 : 0);
    const { feeds } = feed({ tags: [[0], [1]], supervised: 1, options: extra, label });
    const row = [0, 0, 1 / 8, 1 / 8];
    expect(planesOf(feeds.extraWeights)).toEqual([[...row, ...row, ...row, ...row]]);
    expect(planesOf(feeds.extraTargets)[0].slice(0, 4)).toEqual([0, 0, 1, 1]);
  });

  test("weighs a mask without the class, or all void, nothing", () => {
    for (const other of [0, 1, ignoreLabel]) {
      const { feeds } = feed({
        tags: [[0], [1]],
        supervised: 1,
        options: extra,
        label: () => other,
      });
      expect(total(feeds.extraWeights)).toBe(0);
      expect(total(feeds.extraTargets)).toBe(0);
    }
  });

  test("is zero without any mask in the batch", () => {
    const { feeds } = feed({ tags: [[0], [1]], supervised: 1, options: extra });
    expect(total(feeds.extraWeights)).toBe(0);
  });

  test("leaves the images with masks out of the mining loss", () => {
    const { feeds } = feed({
      tags: [[0], [1], [2]],
      supervised: 1,
      options: { ...extra, miningWeight: 0.3 },
      label: () => 3,
    });
    expect([...feeds.miningWeights]).toEqual([0.5, 0.5]);
    expect(chosenOf(feeds.chosen)).toEqual([0, 1, 2]);
  });
});
