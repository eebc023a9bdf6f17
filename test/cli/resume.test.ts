import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { gain, jsonLines } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";

/** 12 steps in epochs of 3, with all losses after the first; checkpoints at 4, 8 and 12. */
const options = [
  ...[...tinyRun, "--epochs", "4", "--guidance", "extra", "--masks", "6", "--json"],
  ...["--set", "miningWeight=0.3", "--set", "counterfactualWeight=0.3"],
  ...["--set", "logEvery=1", "--set", "checkpointEvery=4", "--set", "scale=[0.7,1]"],
  ...["--set", "evaluate=end"],
];

const train = (out: string, ...more: string[]): string[] => [
  ...["train", data, "--out", join(folder, out), ...options, ...more],
];

const file = (out: string, name: string): Promise<Buffer> => readFile(join(folder, out, name));

/** Of the parameters and all state, and of the exported model. */
async function digests(out: string): Promise<string[]> {
  const names = ["checkpoint.safetensors", "model.onnx"];
  const files = await Promise.all(names.map((name) => file(out, name)));
  return files.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
}

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  expect(await gain(train("whole"))).toMatchObject({ status: 0 });
});

test("the same seed gives the same bytes", async () => {
  expect((await gain(train("twin"))).status).toBe(0);
  expect(await digests("twin")).toEqual(await digests("whole"));
});

test("a run killed at several moments and resumed ends with the bytes of one that was not", async () => {
  // Before the first step; after a step without a checkpoint; right at a checkpoint; between two.
  for (const lines of [0, 2, 4, 5]) {
    const outcome = await gain(train("killed", "--resume"), (stdout, child) => {
      if (stdout.split("\n").length > lines) child.kill("SIGKILL");
    });
    expect(outcome.status).toBeNull();
  }
  expect((await gain(train("killed", "--resume"))).status).toBe(0);
  expect(await digests("killed")).toEqual(await digests("whole"));
  const steps = async (out: string): Promise<unknown[]> =>
    jsonLines({ status: 0, stderr: "", stdout: (await file(out, "metrics.jsonl")).toString() }).map(
      ({ imagesPerSecond: _, ...metric }) => metric,
    );
  expect(await steps("killed")).toEqual(await steps("whole"));
});

test("Ctrl-C ends with 130 and a checkpoint of the step at hand, from which the run goes on", async () => {
  const outcome = await gain(train("interrupted"), (stdout, child) => {
    if (stdout.split("\n").length === 3) child.kill("SIGINT");
  });
  expect(outcome.status).toBe(130);
  expect(outcome.stderr).toMatch(
    /interrupted at step \d+, which is saved; add --resume to go on\n$/,
  );
  expect((await gain(train("interrupted", "--resume"))).status).toBe(0);
  expect(await digests("interrupted")).toEqual(await digests("whole"));
});

test("a complete run that is resumed says so, and goes on for more epochs only", async () => {
  expect((await gain(train("short", "--epochs", "1"))).status).toBe(0);
  const again = await gain(train("short", "--epochs", "1", "--resume"));
  expect(again).toMatchObject({
    status: 0,
    stderr: `${join(folder, "short")}: all 3 steps are done; nothing to do (more --epochs go on)\n`,
  });
  const longer = await gain(train("short", "--epochs", "2", "--resume"));
  expect(longer.status).toBe(0);
  expect(jsonLines(longer).at(-1)).toMatchObject({ step: 6, split: "val" });
});

test("a resumed run refuses another option and other data", async () => {
  const option = await gain(train("whole", "--resume", "--set", "sigma=0.4"));
  expect(option).toMatchObject({
    status: 2,
    stderr: `gain: sigma: a resumed run keeps its options; ${join(folder, "whole")} was started with 0.5, got 0.4. Leave it out, or choose another --out.\n`,
  });
  const others = await tinyData(folder, "others");
  await writeFile(join(others, "ImageSets/Main/disc_train.txt"), "train1 1\n");
  const changed = await gain([...["train", others, "--out", join(folder, "whole"), "--resume"]]);
  expect(changed.status).toBe(1);
  expect(changed.stderr).toMatch(
    /must see the training pictures and tags that it was started with/,
  );
});
