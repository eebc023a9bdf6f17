import { expect, test } from "vitest";
import type { EvaluationRecord, PictureRecord } from "../evaluate/record/evaluationRecord.ts";
import { choosePictures } from "./choosePictures.ts";
import { findingsOf, isRight } from "./findings.ts";
import { countMistakes, mistakesSection } from "./mistakes.ts";
import type { ReportRun } from "./reportData.ts";
import { partSettings } from "./settingsSection.ts";

const classes = ["cat", "dog"];

function run(name: string, pictures: readonly PictureRecord[]): ReportRun {
  const metrics = {
    ...{ split: "val", images: pictures.length, classes },
    attention: {
      ...{ mIoU: 0.5, threshold: 0.2, mIoUAtFixed: { threshold: 0.2, mIoU: 0.5 }, energy: 0.5 },
      IoU: {},
    },
  };
  const record: EvaluationRecord = {
    ...{ version: "0", step: 1, split: "val", classes, pictures: [...pictures] },
    training: { pictures: 1, withMask: 0, withBoxes: 0, perClass: {} },
    figures: metrics,
  };
  return { name, metrics, history: [], record };
}

/** Pixels of a cat of 10: `covered` of them above every threshold, the rest above none. */
const cat = (covered: number): number[] => [1, 1, 10 - covered, ...new Array(39).fill(0), covered];

/** A picture of a cat with a map of one value. */
const picture = (id: string, logit: number, covered: number, map: number): PictureRecord => ({
  ...{ id, tags: [0], logits: [logit, -3] },
  attention: { energy: 1, pixels: [cat(covered)] },
  maps: { height: 1, width: 1, values: [Buffer.from([map]).toString("base64")] },
});

const before = run("none", [
  picture("a", 3, 8, 200),
  picture("b", 1, 5, 200),
  picture("c", -2, 9, 200),
]);
const after = run("self", [
  picture("c", -3, 9, 200),
  picture("b", 1, 7, 100),
  picture("a", 3, 2, 150),
]);

test("pictures are listed by change, loss of coverage and difficulty, each with its reason", () => {
  const chosen = choosePictures([before, after], { perList: 2 });
  const of = (list: string) =>
    chosen
      .flatMap(({ id, lists }) => lists.filter((e) => e.list === list).map((e) => ({ id, ...e })))
      .sort((a, b) => a.rank - b.rank)
      .map(({ id, reason }) => [id, reason]);
  expect(of("Changed most")).toEqual([
    ["b", "self: maps overlap by 50 %"],
    ["a", "self: maps overlap by 75 %"],
  ]);
  expect(of("Got worse")).toEqual([["a", "self: IoU 80 to 20"]]);
  // The mean of log(1 + exp(2)) and log(1 + exp(3)) for the cat, log(1 + exp(-3)) for the dog.
  expect(of("Hardest")[0]).toEqual(["c", "mean loss 1.32"]);
  expect(of("Drawn at random")).toHaveLength(2);
  expect(new Set(chosen.map(({ id }) => id)).size).toBe(chosen.length);
});

test("one run has neither changes nor a baseline, and a run without a record no pictures", () => {
  const lists = choosePictures([before]).flatMap((chosen) => chosen.lists.map(({ list }) => list));
  expect(new Set(lists)).toEqual(new Set(["Hardest", "Drawn at random"]));
  const { record: _, ...bare } = before;
  expect(choosePictures([bare])).toEqual([]);
  expect(choosePictures([before], { perList: 2, seed: 1, lists: ["draw"] })).toHaveLength(2);
});

test("masks of segmentation networks are compared by their pixels", () => {
  const mask = (id: string, confusion: [number, number, number][], values: string) => ({
    ...{ id, tags: [0], confusion },
    mask: { height: 1, width: 1, values },
  });
  // Deflated: one pixel of 0, and one of 1.
  const [zero, one] = ["YwAA", "YwQA"];
  const first = run("first", [mask("a", [[1, 1, 4]], one), mask("b", [[0, 0, 4]], zero)]);
  const second = run("second", [mask("a", [[1, 0, 4]], zero), mask("b", [[0, 0, 4]], zero)]);
  const [chosen, other] = choosePictures([first, second]);
  expect(chosen.id).toBe("a");
  expect(chosen.lists.map(({ list, reason }) => [list, reason])).toEqual(
    expect.arrayContaining([
      ["Changed most", "second: masks agree on 0 % of the pixels"],
      ["Got worse", "second: IoU 100 to 0"],
      ["Hardest", "mean IoU 50"],
    ]),
  );
  expect(other.lists.map(({ list }) => list)).not.toContain("Changed most");
});

const mistaken = run("none", [
  { id: "a", tags: [0], logits: [4, -4] },
  { id: "b", tags: [0], logits: [-6, 3] },
  { id: "c", tags: [1], logits: [-3, 4] },
  { id: "d", tags: [1], logits: [-2, 3.5] },
]);

test("mistakes are counted by what is found instead, at the best thresholds", () => {
  expect(countMistakes(mistaken.record ?? { classes, pictures: [] })).toEqual([
    {
      ...{ name: "cat", threshold: 1, f1: 2 / 3, pictures: 2, missed: 1 },
      ...{ foundInstead: [0, 0], nothingInstead: 1, falselyFound: 0 },
    },
    {
      ...{ name: "dog", threshold: 3.25, f1: 1, pictures: 2, missed: 0 },
      ...{ foundInstead: [0, 0], nothingInstead: 0, falselyFound: 0 },
    },
  ]);
  const lower = { classes, pictures: mistaken.record?.pictures.slice(0, 3) ?? [] };
  const [cat0] = countMistakes({
    ...lower,
    pictures: [...lower.pictures, { id: "e", tags: [1], logits: [-5, 2] }],
  });
  // The dog's threshold is now below 3, so that "b" shows one.
  expect(cat0.foundInstead).toEqual([0, 1]);
  expect(mistakesSection([{ ...mistaken, record: undefined }])).toBeUndefined();
});

test("findings tell probabilities, found tags and stray ones", () => {
  const findings = findingsOf(mistaken);
  const [a, b] = ["a", "b"].map((id) => findings.get(id));
  expect(a?.tags.get("cat")).toEqual({ probability: 1 / (1 + Math.exp(-4)), isFound: true });
  expect(b?.tags.get("cat")?.isFound).toBe(false);
  expect([a, b].map((finding) => finding && isRight(finding))).toEqual([true, false]);
  expect(findingsOf(before).get("a")?.iou).toBe(0.8);
});

test("settings part into those that differ and those that all share", () => {
  expect(
    partSettings([
      { model: "smallnet", guidance: "none" },
      { model: "smallnet", guidance: "self", masks: 5 },
    ]),
  ).toEqual({ differing: ["guidance", "masks"], shared: { model: "smallnet" } });
});
