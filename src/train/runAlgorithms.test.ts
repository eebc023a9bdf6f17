import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import type { Algorithm, Choices } from "../onnx/index.ts";
import type { Measurement } from "../runtime/index.ts";
import { addMeasured, machineKey, readMeasured } from "./algorithmCache.ts";
import { RunError } from "./checkpoint.ts";
import type { TrainOptionsInput } from "./config.ts";
import { RunAlgorithms, type TuningOptions } from "./runAlgorithms.ts";
import { RunFolder } from "./runFolder.ts";
import { type TrainRunOptions, trainRun } from "./trainRun.ts";

const machine = machineKey({ device: "cpu", threads: 1 });
let folder = "";
let data = "";
let defaults: Choices = new Map();
beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  await train("defaults", { tune: "off", cache: "" });
  defaults = await choicesOf("defaults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 6 steps, of which the first 3 are the warm-up: two phases, and so two programs. */
const options: TrainOptionsInput = {
  ...{ model: "smallnet", inputSize: 32, batchSize: 4, threads: 1, steps: 6 },
  ...{ guidance: "self", warmupEpochs: 1, evaluate: "never", checkpointEvery: 2 },
};

const train = (out: string, tuning?: TuningOptions, more: Partial<TrainRunOptions> = {}) =>
  trainRun({ data, out: join(folder, out), options, tuning, ...more });

/** Trains until `last` steps are done. */
async function trainUntil(last: number, out: string, tuning: TuningOptions): Promise<void> {
  const controller = new AbortController();
  const { step } = await train(out, tuning, {
    resume: true,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === "step" && event.report.step === last) controller.abort();
    },
  });
  expect(step).toBe(last);
}

const recordOf = async (out: string) =>
  JSON.parse(await readFile(join(folder, out, "algorithms.json"), "utf8"));

const choicesOf = async (out: string): Promise<Choices> =>
  new Map(Object.entries((await recordOf(out)).choices)) as Choices;

/** Of the parameters and all state. */
async function digestOf(out: string): Promise<string> {
  const bytes = await readFile(join(folder, out, "checkpoint.safetensors"));
  return createHash("sha256").update(bytes).digest("hex");
}

/** A file of measurements in which `algorithm` is the fastest for all problems of an operation. */
async function cacheWith(
  name: string,
  winners: Readonly<Record<string, Algorithm>>,
): Promise<TuningOptions> {
  const path = join(folder, name);
  await rm(path, { force: true });
  const measured = [...defaults.keys()].flatMap((key) => {
    const algorithm = winners[key.split(" ")[0]];
    return algorithm === undefined
      ? []
      : [[key, { algorithm, milliseconds: {} } satisfies Measurement] as const];
  });
  await addMeasured({ path, machine }, new Map(measured));
  return { tune: "auto", cache: path };
}

const slow = { conv: "winograd2", convFilterGrad: "positions" } as const;
const others = { conv: "direct", convFilterGrad: "shifted" } as const;

describe("a run", () => {
  test("records its choices with the versions of what chose", async () => {
    const record = await recordOf("defaults");
    expect(record).toMatchObject({
      machine,
      measured: {},
      runtime: { node: process.versions.node },
    });
    expect(defaults.size).toBeGreaterThan(12);
    expect([...defaults.values()]).not.toContain("winograd2");
  });

  test("computes with what was measured before, and with the default where nothing was", async () => {
    const tuning = await cacheWith("measured.json", slow);
    await train("measured", tuning);
    const choices = await choicesOf("measured");
    const filterGrads = [...choices].filter(([key]) => key.startsWith("convFilterGrad"));
    expect(new Set(filterGrads.map(([, algorithm]) => algorithm))).toEqual(new Set(["positions"]));
    const inputGrads = [...choices].filter(([key]) => key.startsWith("convInputGrad"));
    for (const [key, algorithm] of inputGrads) expect(algorithm).toBe(defaults.get(key));
    expect(await digestOf("measured")).not.toBe(await digestOf("defaults"));
  });

  test("with tune off computes with the default, whatever was measured", async () => {
    await train("off", { ...(await cacheWith("ignored.json", slow)), tune: "off" });
    expect(await choicesOf("off")).toEqual(defaults);
    expect(await digestOf("off")).toBe(await digestOf("defaults"));
  });

  test("without a word on tuning does the same", async () => {
    await train("plain");
    expect(await digestOf("plain")).toBe(await digestOf("defaults"));
  });
});

describe("a resumed run ends with the bytes of one that was not stopped", () => {
  beforeAll(async () => {
    await train("whole", await cacheWith("cache.json", slow));
    await train("other", await cacheWith("cache.json", others));
    // What follows says something: other measurements do change the bytes.
    expect(await digestOf("other")).not.toBe(await digestOf("whole"));
  });

  test.for<readonly [string, number]>([
    ["in the warm-up", 2],
    ["before any program of the next phase is compiled", 3],
    ["with attention mining", 5],
  ])("stopped %s, though other algorithms are the fastest by now", async ([, last]) => {
    const out = `stopped-${last}`;
    const tuning = await cacheWith("cache.json", slow);
    await trainUntil(last, out, tuning);
    await cacheWith("cache.json", others);
    await train(out, tuning, { resume: true });
    expect(await digestOf(out)).toBe(await digestOf("whole"));
    expect(await choicesOf(out)).toEqual(await choicesOf("whole"));
  });

  test("though the measurements were lost, or are not to be used any more", async () => {
    for (const tune of ["auto", "off"] as const) {
      const out = `stopped-${tune}`;
      const { cache } = await cacheWith("lost.json", slow);
      await trainUntil(2, out, { tune: "auto", cache });
      await rm(cache);
      await train(out, { tune, cache }, { resume: true });
      expect(await digestOf(out)).toBe(await digestOf("whole"));
    }
  });
});

describe("tune on", () => {
  test("measures what no run has measured yet, keeps it, and measures it no more", async () => {
    const cache = join(folder, "tuned.json");
    const counts: [number, number][] = [];
    const tuning: TuningOptions = {
      ...{ tune: "on", cache },
      onProgress: (done, total) => counts.push([done, total]),
    };
    await train("tuned", tuning);
    const measured = await readMeasured({ path: cache, machine });
    // Each distinct problem once; the two phases are measured one after the other.
    expect(counts).toHaveLength(measured.size);
    expect(counts.filter(([done, total]) => done === total)).not.toHaveLength(0);
    const chosen = await choicesOf("tuned");
    expect(new Set(chosen.keys())).toEqual(new Set(defaults.keys()));
    for (const [key, algorithm] of measured) expect(chosen.get(key)).toBe(algorithm);

    counts.length = 0;
    await train("tuned-again", tuning);
    expect(counts).toEqual([]);
    expect(await choicesOf("tuned-again")).toEqual(chosen);
    expect(await digestOf("tuned-again")).toBe(await digestOf("tuned"));
  });

  test("measures for a resumed run only what its record lacks", async () => {
    const tuning = await cacheWith("resumed.json", slow);
    await trainUntil(2, "resumed", tuning);
    const before = await choicesOf("resumed");
    await rm(tuning.cache);
    await train("resumed", { ...tuning, tune: "on" }, { resume: true });
    const [now, measured] = [
      await choicesOf("resumed"),
      await readMeasured({ path: tuning.cache, machine }),
    ];
    for (const [key, algorithm] of before) {
      expect(now.get(key)).toBe(algorithm);
      expect(measured.has(key)).toBe(false);
    }
  });
});

describe("the record", () => {
  const open = async (out: string, isResumed: boolean) =>
    RunAlgorithms.open(
      new RunFolder(join(folder, out)),
      { device: "cpu", threads: 1 },
      { isResumed },
    );

  test("of a run that was begun anew is not followed", async () => {
    const { options: resumed } = await open("measured", true);
    const { options: anew } = await open("measured", false);
    expect(resumed.recorded?.size).toBe(defaults.size);
    expect(anew.recorded?.size).toBe(0);
  });

  test("that is broken stops the run, with the cure", async () => {
    await mkdir(join(folder, "broken"));
    const path = join(folder, "broken/algorithms.json");
    await writeFile(path, '{"choices": ');
    await expect(open("broken", true)).rejects.toThrow(
      new RunError(
        `${path}: must hold the algorithms that the run was started with, and cannot be read. Restore it; or delete it, and the run goes on with others, whose rounding differs.`,
      ),
    );
  });

  test("keeps the choices of programs that are not compiled again", async () => {
    const [choice] = defaults;
    const algorithms = await open("measured", true);
    await algorithms.record({ choices: new Map([choice]) });
    expect((await choicesOf("measured")).size).toBe(defaults.size);
  });
});
