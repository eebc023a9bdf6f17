import { expect, test } from "vitest";
import { AttentionScore } from "../attentionScore.ts";
import { SegmentationScore } from "../segmentationScore.ts";
import type { PictureRecord } from "./evaluationRecord.ts";
import {
  foundTags,
  mapOverlap,
  maskAgreement,
  maskIou,
  pictureIou,
  pictureLoss,
} from "./pictureFigures.ts";
import { keptMap, keptMask, PictureRecorder } from "./pictureRecorder.ts";
import { tagThresholds } from "./tagThresholds.ts";

const classes = ["cat", "dog"];
const image = new Float32Array(0);

/** An 8 x 8 mask whose left half is class `label`: after subsampling [[label, 0], [label, 0]]. */
const halfMask = (label: number): Uint8Array =>
  Uint8Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? label : 0));

function looked(
  tags: readonly number[],
  maps: readonly number[],
  mask = halfMask(1),
): PictureRecord {
  const recorder = new PictureRecorder(classes);
  const logits = Float32Array.of(2, -1);
  recorder.addAttention({
    ...{ sample: { id: "a", image: "", tags }, image, logits, mask },
    ...{ maps: Float32Array.from(maps), height: 2, width: 2 },
  });
  return recorder.pictures[0];
}

function masked(predicted: readonly number[], truth: readonly number[]): PictureRecord {
  const recorder = new PictureRecorder(classes);
  const map = (labels: readonly number[]) => ({
    ...{ width: labels.length, height: 1 },
    labels: Uint8Array.from(labels),
  });
  recorder.addMask({ id: "a", image: "", tags: [0] }, map(predicted), map(truth));
  return recorder.pictures[0];
}

test("the IoU of attention in a picture is that of the score, for the picture's own tags", () => {
  const maps = [0.9, 0.4, 0.3, 0, 0, 0, 0, 0];
  const score = new AttentionScore(classes);
  score.add(Float32Array.from(maps), 2, 2, halfMask(1), 8);
  const { threshold, IoU } = score.result();
  expect(pictureIou(looked([0], maps), threshold)).toBe(IoU.cat);
  // Above 0.35 lie one of the two pixels of the cat, and one of the background.
  expect(pictureIou(looked([0], maps), 0.36)).toBeCloseTo(1 / 3, 12);
  // The dog is neither in the mask nor in a map: it has no say.
  expect(pictureIou(looked([0, 1], maps), 0.36)).toBeCloseTo(1 / 3, 12);
  expect(pictureIou({ id: "a", tags: [0] }, 0.36)).toBeUndefined();
});

test("the IoU of a mask is that of the score, void left out", () => {
  const [predicted, truth] = [
    [0, 1, 1, 2],
    [0, 1, 0, 255],
  ];
  const score = new SegmentationScore(classes);
  const map = (labels: number[]) => ({ width: 4, height: 1, labels: Uint8Array.from(labels) });
  score.add(map(predicted), map(truth), "a");
  expect(maskIou(masked(predicted, truth))).toBe(score.result().mIoU);
  expect(maskIou(looked([0], new Array(8).fill(0)))).toBeUndefined();
});

test("maps that are alike overlap wholly, maps apart not at all, of whatever sizes", () => {
  const left = looked([0], [1, 0, 1, 0, 0, 0, 0, 0]);
  const right = looked([0], [0, 1, 0, 1, 0, 0, 0, 0]);
  const blank = looked([0], new Array(8).fill(0));
  const half = looked([0], [0.5, 0, 0.5, 0, 0, 0, 0, 0]);
  expect(mapOverlap(left, left)).toBe(1);
  expect(mapOverlap(left, right)).toBe(0);
  expect(mapOverlap(blank, blank)).toBe(1);
  expect(mapOverlap(left, blank)).toBe(0);
  // A byte holds a half as 128 / 255.
  expect(mapOverlap(left, half)).toBeCloseTo(128 / 255, 6);
  const single = { ...left, maps: { height: 1, width: 1, values: ["/w=="] } };
  expect(mapOverlap(left, single)).toBe(0.5);
  expect(mapOverlap(left, { id: "a", tags: [0] })).toBeUndefined();
});

test("masks agree on the share of their pixels that have one label", () => {
  const truth = [0, 0, 0, 0];
  expect(maskAgreement(masked([0, 1, 1, 2], truth), masked([0, 1, 2, 2], truth))).toBe(0.75);
  expect(maskAgreement(masked([0], [0]), looked([0], new Array(8).fill(0)))).toBeUndefined();
});

test("what is kept of maps and masks is small, and comes back", () => {
  const { maps } = looked([0], [0.9, 0.4, 0.3, 0, 0, 0, 0, 0]);
  const [value] = maps?.values ?? [];
  expect([...keptMap(value)].map((x) => x.toFixed(2))).toEqual(["0.90", "0.40", "0.30", "0.00"]);
  const wide = Array.from({ length: 960 }, (_, i) => (i < 480 ? 1 : 2));
  const { mask } = masked(wide, wide);
  const kept = mask && keptMask(mask);
  expect([kept?.width, kept?.height]).toEqual([96, 1]);
  expect(kept?.labels.filter((label) => label === 1)).toHaveLength(48);
  expect(mask?.values.length).toBeLessThan(30);
});

test("a picture whose maps are NaN is not kept", () => {
  const recorder = new PictureRecorder(classes);
  recorder.addAttention({
    ...{ sample: { id: "a", image: "", tags: [0] }, image, logits: Float32Array.of(1, 1) },
    ...{ maps: new Float32Array(8).fill(Number.NaN), height: 2, width: 2 },
  });
  expect(recorder.pictures).toEqual([]);
});

test("the loss of a picture is the mean cross-entropy over classes, whatever its scores", () => {
  const { log, exp } = Math;
  const picture = { id: "a", tags: [0], logits: [2, -1] };
  const expected = (log(1 + exp(-2)) + log(1 + exp(-1))) / 2;
  expect(pictureLoss(picture)).toBeCloseTo(expected, 12);
  expect(pictureLoss({ ...picture, logits: [-1000, 0] })).toBeCloseTo((1000 + log(2)) / 2, 9);
  expect(pictureLoss({ id: "a", tags: [] })).toBeUndefined();
});

test("tags are found above the threshold with the best F1; without a picture above one half", () => {
  const pictures = [3, 2, 1, 0].map((logit, n) => ({
    id: String(n),
    tags: n < 2 ? [0] : [],
    logits: [logit, -logit],
  }));
  const [cat, dog] = tagThresholds({ classes, pictures });
  expect(cat).toEqual({ threshold: 1.5, f1: 1 });
  expect(dog).toEqual({ threshold: 0, f1: undefined });
  const thresholds = [1.5, 0];
  expect(pictures.map((picture) => foundTags(picture, thresholds))).toEqual([[0], [0], [], []]);
});

test("equal scores are found together", () => {
  const pictures = [true, false, false].map((has, n) => ({
    id: String(n),
    tags: has ? [0] : [],
    logits: [n === 2 ? 0 : 1],
  }));
  expect(tagThresholds({ classes: ["cat"], pictures })).toEqual([{ threshold: 0.5, f1: 2 / 3 }]);
});
