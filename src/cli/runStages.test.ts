import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { texture } from "../../test/texture.ts";
import { readDataset } from "../data/index.ts";
import { exitStatus } from "./errors.ts";
import { checkStage, runPaths, type Staging } from "./runStages.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-stages-"));
});
afterAll(() => rm(folder, { recursive: true }));

const files = (): string[] =>
  ["cat", "dog"].flatMap((name) =>
    [..."abcdefgh"].map((id) => join(folder, "data", name, `${id}.png`)),
  );

async function check(): Promise<string[]> {
  const data = join(folder, "data");
  const lines: string[] = [];
  const staging: Staging = {
    data,
    dataset: await readDataset(data),
    paths: runPaths(folder),
    options: { train: {}, sec: {} },
    cues: {},
    tune: "off",
    signal: new AbortController().signal,
    reporter: () => {
      throw new Error("the check trains nothing");
    },
    progress: () => ({ update: () => {}, line: (text) => lines.push(text), stop: () => {} }),
  };
  await checkStage(staging);
  return lines;
}

test("pictures that were mended are checked again, and a check without problems is not repeated", async () => {
  for (const name of ["cat", "dog"]) await mkdir(join(folder, "data", name), { recursive: true });
  for (const file of files()) await writeFile(file, "no picture");
  await expect(check()).rejects.toMatchObject({ status: exitStatus.failed });
  for (const [seed, file] of files().entries()) await texture(seed).toFile(file);
  expect(await check()).toEqual(["check: 16 pictures, 2 classes, 0 problems"]);

  const path = runPaths(folder).check;
  const report = JSON.parse(await readFile(path, "utf8"));
  report.splits.train.images += 100;
  await writeFile(path, JSON.stringify(report));
  expect(await check()).toEqual(["check: 116 pictures, 2 classes, 0 problems"]);
});
