import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { gain, type Outcome } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";
beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
});

const train = (out: string, steps: number, ...more: string[]): Promise<Outcome> =>
  gain([
    ...["train", data, "--out", join(folder, out), ...tinyRun, "--guidance", "self"],
    ...["--set", "warmupEpochs=0", "--no-evaluate", "--steps", String(steps), ...more],
  ]);

/** Of the trained parameters. */
async function digestOf(out: string): Promise<string> {
  const bytes = await readFile(join(folder, out, "checkpoint.safetensors"));
  return createHash("sha256").update(bytes).digest("hex");
}

const optionsOf = async (out: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, out, "config.json"), "utf8")).options;

test("gain train --recompute trains to the parameters of a run that keeps its activations", async () => {
  expect(await train("plain", 3)).toMatchObject({ status: 0 });
  expect(await train("again", 3, "--recompute")).toMatchObject({ status: 0 });
  expect((await optionsOf("plain")).recompute).toBe(false);
  expect((await optionsOf("again")).recompute).toBe(true);
  expect(await digestOf("again")).toBe(await digestOf("plain"));
});

test("a resumed run keeps its value", async () => {
  expect(await train("resumed", 1, "--recompute")).toMatchObject({ status: 0 });
  expect(await train("resumed", 2, "--resume")).toMatchObject({ status: 0 });
  expect((await optionsOf("resumed")).recompute).toBe(true);
  expect(await train("kept", 1)).toMatchObject({ status: 0 });
  const refused = await train("kept", 2, "--resume", "--recompute");
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain(
    `recompute: a resumed run keeps its options; ${join(folder, "kept")} was started with false, got true.`,
  );
});
