import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { EvaluateJson } from "../../src/evaluate/evaluateJson.ts";
import { gain } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "gain-long-demo-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

test.for([1, 2, 3])("guidance helps the attention on the sample of seed %i", async (seed) => {
  const out = join(folder, String(seed));
  await gain("demo", "--out", out, "--seed", String(seed));
  const attention = async (run: string): Promise<number> => {
    const text = await gain("evaluate", join(out, run), join(out, "sample"), "--json");
    return 100 * ((JSON.parse(text) as EvaluateJson).attention?.mIoU ?? 0);
  };
  const none = await attention("none");
  expect(await attention("self")).toBeGreaterThan(none + 2);
  expect(await attention("masks60")).toBeGreaterThan(none + 8);
});
