import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  initialParameters,
  smallnet,
  torchvisionPreprocessing,
  writeSafetensors,
} from "../nn/index.ts";
import { Random } from "../random.ts";
import { initialWeights } from "./initialWeights.ts";

const model = smallnet({ classes: 2, inputSize: 32 });
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-weights-"));
  const parameters = initialParameters(model, new Random(0));
  for (const name of ["checkpoint.safetensors", "other.safetensors"]) {
    await writeSafetensors(join(folder, name), parameters);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const preprocessingOf = async (name: string) =>
  (await initialWeights(join(folder, name), model)).preprocessing;

test("a run's checkpoint wants its pixels as the configuration beside it says", async () => {
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ preprocessing: torchvisionPreprocessing }));
  expect(await preprocessingOf("checkpoint.safetensors")).toEqual(torchvisionPreprocessing);
  expect(await preprocessingOf("other.safetensors")).toBeUndefined();
});

test("a configuration of something else says nothing", async () => {
  for (const text of ["{}", "not JSON"]) {
    await writeFile(join(folder, "config.json"), text);
    expect(await preprocessingOf("checkpoint.safetensors")).toBeUndefined();
  }
});
