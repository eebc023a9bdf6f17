import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cacheFolder, gain, type Outcome } from "./gain.ts";
import { tinyCues } from "./tinyCues.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

// Linux keeps caches where XDG_CACHE_HOME says.
const cache = join(cacheFolder, "guided-attention", "algorithms.json");

let folder = "";
let data = "";
beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
});
beforeEach(() => rm(cache, { force: true }));
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(cacheFolder, { recursive: true });
});

const train = (out: string, ...more: string[]): Promise<Outcome> =>
  gain([
    ...["train", data, "--out", join(folder, out), ...tinyRun, "--steps", "2", "--no-evaluate"],
    ...more,
  ]);

const choicesOf = async (out: string): Promise<Record<string, string>> =>
  JSON.parse(await readFile(join(folder, out, "algorithms.json"), "utf8")).choices;

type Measured = Record<string, { algorithm: string }>;

/** What the cache holds of the one machine that measured. */
async function measured(): Promise<Measured> {
  const { machines } = JSON.parse(await readFile(cache, "utf8"));
  const [[, entries]] = Object.entries(machines as Record<string, Measured>);
  return entries;
}

/** Makes `algorithm` the fastest for all filter gradients in the cache. */
async function favour(algorithm: string): Promise<void> {
  const file = JSON.parse(await readFile(cache, "utf8"));
  for (const entries of Object.values(file.machines as Record<string, Measured>)) {
    for (const [key, entry] of Object.entries(entries)) {
      if (key.startsWith("convFilterGrad")) entry.algorithm = algorithm;
    }
  }
  await writeFile(cache, JSON.stringify(file));
}

const filterGrads = (choices: Record<string, string>): string[] =>
  Object.entries(choices)
    .filter(([key]) => key.startsWith("convFilterGrad"))
    .map(([, algorithm]) => algorithm);

describe("gain train --tune", () => {
  test("on measures, telling how far it is; auto and on then use it, and off does not", async () => {
    const tuned = await train("on", "--tune", "on");
    expect(tuned.status).toBe(0);
    const entries = await measured();
    // The step's program first; that of the attention maps when it is wanted.
    const ends = [...tuned.stderr.matchAll(/^choosing algorithms: (\d+) of \1$/gm)];
    expect(ends).toHaveLength(2);
    expect(ends.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(
      Object.keys(entries).length,
    );
    expect(await choicesOf("on")).toMatchObject(
      Object.fromEntries(Object.entries(entries).map(([key, { algorithm }]) => [key, algorithm])),
    );

    await favour("positions");
    for (const when of ["on", "auto"]) {
      const again = await train(`${when}-again`, "--tune", when);
      expect(again.stderr).not.toContain("choosing algorithms");
      expect(new Set(filterGrads(await choicesOf(`${when}-again`)))).toEqual(
        new Set(["positions"]),
      );
    }
    await train("off", "--tune", "off");
    expect(filterGrads(await choicesOf("off"))).not.toContain("positions");
  });

  test("is auto where it is not given, which measures nothing", async () => {
    const outcome = await train("plain");
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).not.toContain("choosing algorithms");
    await expect(readFile(cache)).rejects.toThrow(/ENOENT/);
  });

  test("may differ when a run is resumed, whose choices stay", async () => {
    await train("resumed", "--tune", "off");
    const before = await choicesOf("resumed");
    for (const when of ["on", "auto", "off"]) {
      const steps = { on: "3", auto: "4", off: "5" }[when] ?? "";
      const longer = await train("resumed", "--tune", when, "--resume", "--steps", steps);
      expect(longer).toMatchObject({ status: 0 });
      expect(longer.stderr).not.toContain("choosing algorithms");
      expect(await choicesOf("resumed")).toEqual(before);
    }
  });

  test("tells of a broken cache once, and trains without it", async () => {
    await mkdir(dirname(cache), { recursive: true });
    await writeFile(cache, '{"format": "guided');
    const outcome = await train("broken");
    expect(outcome.status).toBe(0);
    expect(outcome.stderr.split("\n").filter((line) => line.startsWith(cache))).toEqual([
      `${cache}: is not used, since it holds no measurements of algorithms; it is replaced when some are measured (--tune on).`,
    ]);
    expect((await train("mended", "--tune", "on")).status).toBe(0);
    expect(Object.keys(await measured()).length).toBeGreaterThan(0);
  });

  test("must be one of three words", async () => {
    const outcome = await train("wrong", "--tune", "always");
    expect(outcome).toMatchObject({
      status: 2,
      stderr:
        "gain: option '--tune <when>' argument 'always' is invalid. Allowed choices are auto, on, off.\n",
    });
  });
});

test("gain sec --tune on measures both halves of its step, and records what it took", async () => {
  const cues = await tinyCues(data, join(folder, "cues"));
  const outcome = await gain([
    ...["sec", data, "--cues", cues, "--out", join(folder, "sec"), "--model", "smallnet_largefov"],
    ...["--input-size", "33", "--batch-size", "4", "--threads", "1", "--steps", "1"],
    ...["--no-evaluate", "--tune", "on"],
  ]);
  expect(outcome.status).toBe(0);
  const choices = await choicesOf("sec");
  const entries = await measured();
  for (const [key, { algorithm }] of Object.entries(entries)) expect(choices[key]).toBe(algorithm);
  const operations = new Set(Object.keys(entries).map((key) => key.split(" ")[0]));
  expect(operations).toEqual(new Set(["conv", "convInputGrad", "convFilterGrad"]));
});
