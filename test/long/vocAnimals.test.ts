import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { EvaluateJson } from "../../src/evaluate/evaluateJson.ts";
import { gain, paperFlags } from "./command.ts";

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

const asReference = ["--epochs", "3", ...paperFlags];
const seeds = ["0", "1", "2"];

test.skipIf(!isThere).for(Object.entries(reference))(
  "guidance %s on photographs is as good as PyTorch's within 1.5 points, mean of three seeds",
  async ([guidance, { mAP, mIoU }]) => {
    const results = [];
    for (const seed of seeds) results.push(await trained(guidance, seed, "paper", asReference));
    expect(mean(results.map(mAPOf))).toBeGreaterThan(mAP - 1.5);
    expect(mean(results.map(mIoUOf))).toBeGreaterThan(mIoU - 1.5);
  },
);

/** What docs/results.md maps the front with. */
const small = ["--epochs", "2", "--input-size", "161"];

test.skipIf(!isThere)(
  "with the default weights guidance costs little mAP, mean of three seeds",
  async () => {
    const measured = async (guidance: string): Promise<EvaluateJson[]> => {
      const results = [];
      for (const seed of seeds) results.push(await trained(guidance, seed, "default", small));
      return results;
    };
    const none = await measured("none");
    for (const [guidance, cost, gained] of [
      ["self", 1, 1.5],
      ["extra", 1.5, 10],
    ] as const) {
      const guided = await measured(guidance);
      expect(mean(guided.map(mAPOf))).toBeGreaterThan(mean(none.map(mAPOf)) - cost);
      expect(mean(guided.map(mIoUOf))).toBeGreaterThan(mean(none.map(mIoUOf)) + gained);
    }
  },
);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const mAPOf = ({ classification }: EvaluateJson): number => 100 * (classification?.mAP ?? 0);
const mIoUOf = ({ attention }: EvaluateJson): number => 100 * (attention?.mIoU ?? 0);

async function trained(
  guidance: string,
  seed: string,
  name: string,
  flags: readonly string[],
): Promise<EvaluateJson> {
  const run = join(folder, `${name}-${guidance}${seed}`);
  const masks = guidance === "extra" ? ["--masks", "200"] : [];
  const classes = ["--classes", "cat,cow,dog,horse,sheep"];
  const model = ["--model", "squeezenet1_1", "--weights", weights];
  const rest = ["--guidance", guidance, ...masks, "--seed", seed, "--no-evaluate", "--out", run];
  await gain("train", data, ...classes, ...model, ...flags, ...rest);
  return JSON.parse(await gain("evaluate", run, data, "--json")) as EvaluateJson;
}
