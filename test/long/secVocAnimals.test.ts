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
const published = join(shared, "cues/sec_train_41x41_u8.bin");
const isThere = [data, weights, published].every((path) => existsSync(path));
if (!isThere) console.warn(`skipped: ${data}, ${weights} or ${published} does not exist`);

const folder = await mkdtemp(join(tmpdir(), "gain-long-sec-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const seeds = ["0", "1", "2"];
const classes = ["--classes", "cat,cow,dog,horse,sheep"];

/** Where the cues come from: maps of a classifier, by its guidance, or SEC's authors. */
const sources = ["none", "self", "extra", "published"] as const;
type Source = (typeof sources)[number];

/** Percent on val, without and with the CRF; means of the seeds. */
interface Outcome {
  readonly raw: number;
  readonly refined: number;
}

const outcomes = new Map<Source, Promise<Outcome>>();

/** From tags to figures, once for each source. */
function outcomeOf(source: Source): Promise<Outcome> {
  const known = outcomes.get(source) ?? measured(source);
  outcomes.set(source, known);
  return known;
}

async function measured(source: Source): Promise<Outcome> {
  const all: Outcome[] = [];
  for (const seed of seeds) all.push(await chain(source, seed));
  const mean = (read: (outcome: Outcome) => number): number =>
    all.reduce((sum, outcome) => sum + read(outcome), 0) / all.length;
  return { raw: mean(({ raw }) => raw), refined: mean(({ refined }) => refined) };
}

async function chain(source: Source, seed: string): Promise<Outcome> {
  const run = join(folder, `sec-${source}${seed}`);
  const cues = await cuesOf(source, seed);
  // All start alike: from the classifier without guidance.
  const start = join(await classifierOf("none", seed), "checkpoint.safetensors");
  const length = ["--input-size", "161", "--steps", "300"];
  const rest = ["--weights", start, "--seed", seed, "--out", run, "--no-evaluate"];
  await gain("sec", data, "--cues", cues, ...classes, ...length, ...rest);
  const mIoU = async (...flags: string[]): Promise<number> => {
    const text = await gain("evaluate", run, data, "--json", ...flags);
    return 100 * ((JSON.parse(text) as EvaluateJson).segmentation?.mIoU ?? 0);
  };
  return { raw: await mIoU(), refined: await mIoU("--crf") };
}

/** @returns  Their folder. */
async function cuesOf(source: Source, seed: string): Promise<string> {
  const out = join(folder, `cues-${source}${seed}`);
  if (source === "published") {
    await gain("cues", published, data, ...classes, "--out", out);
    return out;
  }
  const run = await classifierOf(source, seed);
  await gain("cues", run, data, "--scales", "1", "--no-flip", "--out", out);
  return out;
}

/** @returns  Its RUN folder. */
async function classifierOf(guidance: string, seed: string): Promise<string> {
  const run = join(folder, `${guidance}${seed}`);
  if (existsSync(join(run, "model.onnx"))) return run;
  const masks = guidance === "extra" ? ["--masks", "200"] : [];
  const model = ["--model", "squeezenet1_1", "--weights", weights, "--epochs", "3"];
  const rest = ["--guidance", guidance, ...masks, "--seed", seed, "--no-evaluate", "--out", run];
  await gain("train", data, ...classes, ...model, ...paperFlags, ...rest);
  return run;
}

/** Three seeds of two chains take hours. */
const timeout = 24 * 3_600_000;

test.skipIf(!isThere)("GAIN's cues lead to better masks than Grad-CAM's", { timeout }, async () => {
  const [plain, guided] = [await outcomeOf("none"), await outcomeOf("self")];
  expect(guided.refined).toBeGreaterThan(plain.refined);
});

test.skipIf(!isThere)(
  "200 masks in the classifier lead to better masks yet",
  { timeout },
  async () => {
    const [guided, corrected] = [await outcomeOf("self"), await outcomeOf("extra")];
    expect(corrected.refined).toBeGreaterThan(guided.refined);
  },
);

test.skipIf(!isThere).for(sources)(
  "the CRF adds at least 2 points to masks from cues: %s",
  { timeout },
  async (source) => {
    const { raw, refined } = await outcomeOf(source);
    expect(refined - raw).toBeGreaterThanOrEqual(2);
  },
);
