import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunFolder } from "../../train/index.ts";
import { type EvaluationRecord, readRecord, writeRecord } from "./evaluationRecord.ts";

let folder: RunFolder;
beforeAll(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), "record-")));
});
afterAll(() => rm(folder.path, { recursive: true }));

const record: EvaluationRecord = {
  ...{ version: "0.1.0", step: 6, split: "val", classes: ["cat", "dog"] },
  training: { pictures: 3, withMask: 1, withBoxes: 0, perClass: { cat: 2, dog: 1 } },
  figures: { split: "val", images: 2, classes: ["cat", "dog"] },
  pictures: [
    {
      ...{ id: "a", tags: [0], logits: [1.5, -2] },
      attention: { energy: 0.25, pixels: [[0, 1, ...new Array(41).fill(2)]] },
      maps: { height: 1, width: 2, values: ["/wA="] },
    },
    { id: "b", tags: [], confusion: [[0, 1, 7]], mask: { height: 1, width: 1, values: "YwAA" } },
  ],
};

test("a record comes back as it was written, a picture a line", async () => {
  expect(await readRecord(folder)).toBeUndefined();
  await writeRecord(folder, record);
  expect(await readRecord(folder)).toEqual(record);
  const lines = (await readFile(folder.file("evaluation.json"), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[2]).toBe(JSON.stringify(record.pictures[1]));
});

test("a damaged file, or one of other thresholds, says what to do", async () => {
  const path = folder.file("evaluation.json");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.slice(0, -20));
  await expect(readRecord(folder)).rejects.toThrow(
    `${path}: must be whole JSON. Delete the file; gain report RUN --data DATA measures anew.`,
  );
  await writeFile(path, text.replace('"step":6', '"step":-6'));
  await expect(readRecord(folder)).rejects.toThrow(
    `${path}: step: Too small: expected number to be >=0. Delete the file; gain report RUN --data DATA measures anew.`,
  );
  await writeFile(path, text.replace("0.02,", "0.03,"));
  await expect(readRecord(folder)).rejects.toThrow(
    `${path}: thresholds: must be those of this version, 0.02 to 0.8. Delete the file; gain report RUN --data DATA measures anew.`,
  );
});
