import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { EvaluateJson } from "../../src/evaluate/evaluateJson.ts";
import { gain } from "./command.ts";

const shared = fileURLToPath(new URL("../../../shared", import.meta.url));
const data = join(shared, "data/voc-animals/VOCdevkit/VOC2012");
const weights = join(shared, "weights/squeezenet1_1_notop.h5");
const isThere = existsSync(data) && existsSync(weights);
if (!isThere) console.warn(`skipped: ${data} or ${weights} does not exist`);

const folder = await mkdtemp(join(tmpdir(), "gain-long-voc-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** mAP and attention mIoU of the plain PyTorch implementation, one seed, percent. */
const reference = {
  none: { mAP: 82.7, mIoU: 38.9 },
  self: { mAP: 78.4, mIoU: 43.0 },
  extra: { mAP: 61.0, mIoU: 58.2 },
};

test.skipIf(!isThere).for(Object.entries(reference))(
  "guidance %s on photographs is as good as PyTorch's within 1.5 points, mean of three seeds",
  async ([guidance, { mAP, mIoU }]) => {
    const results = [];
    for (const seed of ["0", "1", "2"]) results.push(await trained(guidance, seed));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / 3;
    expect(mean(results.map((r) => 100 * (r.classification?.mAP ?? 0)))).toBeGreaterThan(mAP - 1.5);
    expect(mean(results.map((r) => 100 * (r.attention?.mIoU ?? 0)))).toBeGreaterThan(mIoU - 1.5);
  },
);

async function trained(guidance: string, seed: string): Promise<EvaluateJson> {
  const run = join(folder, `${guidance}${seed}`);
  const masks = guidance === "extra" ? ["--masks", "200"] : [];
  const classes = ["--classes", "cat,cow,dog,horse,sheep"];
  const model = ["--model", "squeezenet1_1", "--weights", weights, "--epochs", "3"];
  const rest = ["--guidance", guidance, ...masks, "--seed", seed, "--no-evaluate", "--out", run];
  await gain("train", data, ...classes, ...model, ...rest);
  return JSON.parse(await gain("evaluate", run, data, "--json")) as EvaluateJson;
}
