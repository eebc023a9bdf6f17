import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyCues } from "../../test/cli/tinyCues.ts";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { decodePng } from "../data/decodePng.ts";
import { type Dataset, decodeMask, type LabelMap, readDataset } from "../data/index.ts";
import { RunError } from "../train/index.ts";
import type { SecTrainOptionsInput } from "./secConfig.ts";
import { secRun } from "./secRun.ts";
import { type WriteMasksOptions, writeMasks } from "./writeMasks.ts";

let folder = "";
let data = "";
let run = "";
let dataset: Dataset;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  dataset = await readDataset(data);
  await tinyCues(data, join(folder, "cues"));
  run = await trained("run");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run of a few steps. @returns  Its folder. */
async function trained(name: string, more: SecTrainOptionsInput = {}): Promise<string> {
  const out = join(folder, name);
  await secRun({
    data,
    cues: join(folder, "cues"),
    out,
    options: {
      model: "smallnet_largefov",
      ...{ inputSize: 33, batchSize: 4, threads: 1, steps: 80, evaluate: "never" },
      ...{ optimizer: { kind: "adam" }, learningRate: 3e-3, headRateFactor: 1, biasRateFactor: 1 },
      // Few steps find objects where nothing calls for background.
      ...{ schedule: { kind: "constant" }, constrainWeight: 0, dropout: false },
      ...more,
    },
  });
  return out;
}

const write = (out: string, more: Partial<WriteMasksOptions> = {}) =>
  writeMasks({
    run,
    samples: dataset.splits.val,
    out: join(folder, out),
    threads: 1,
    ...more,
  });

const ids = ["val0", "val1", "val2", "val3"];

/** Bytes of the masks by id. */
async function masksIn(out: string): Promise<Record<string, Buffer>> {
  const entries = ids.map(async (id) => [id, await readFile(join(folder, out, `${id}.png`))]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Stops a call after its first mask. */
async function stopAfterOne(out: string, more: Partial<WriteMasksOptions> = {}): Promise<void> {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  await expect(write(out, { ...more, signal: controller.signal, onProgress })).rejects.toThrow(
    "This operation was aborted",
  );
}

const description = async (out: string) =>
  JSON.parse(await readFile(join(folder, out, "segmentation.json"), "utf8"));

test("a mask for each picture, and what they are", async () => {
  const result = await write("whole");
  expect(result).toEqual({ made: 4, kept: 0, classes: ["disc", "square"], values: [1, 2] });
  expect((await readdir(join(folder, "whole"))).sort()).toEqual(
    [...ids.map((id) => `${id}.png`), "segmentation.json"].sort(),
  );
  expect(await description("whole")).toMatchObject({
    format: "guided-attention masks 1",
    classes: ["disc", "square"],
    values: [1, 2],
    run,
    crf: false,
    useTags: false,
  });
  const pngs = Object.values(await masksIn("whole")).map((bytes) => decodePng(bytes));
  for (const png of pngs) expect(png).toMatchObject({ width: 40, height: 40, kind: "indexed" });
  expect(new Set(pngs.flatMap(({ samples }) => [...samples]))).toEqual(new Set([0, 1, 2]));
});

test("stopped and started again, it goes on, and ends with the same masks", async () => {
  await write("refined", { crf: true });
  await stopAfterOne("stopped", { crf: true });
  const there = (await readdir(join(folder, "stopped"))).filter((name) => name.endsWith(".png"));
  expect(there).toEqual(["val0.png"]);
  const before = await stat(join(folder, "stopped/val0.png"));
  expect(await write("stopped", { crf: true })).toMatchObject({ made: 3, kept: 1 });
  expect((await stat(join(folder, "stopped/val0.png"))).mtimeMs).toBe(before.mtimeMs);
  expect(await masksIn("stopped")).toEqual(await masksIn("refined"));
  const { masks } = await description("stopped");
  expect(Object.keys(masks)).toEqual(ids);
});

test("a mask that was lost is made again, alone", async () => {
  await write("lost");
  await rm(join(folder, "lost/val2.png"));
  expect(await write("lost")).toMatchObject({ made: 1, kept: 3 });
  expect(await masksIn("lost")).toEqual(await masksIn("whole"));
});

test("half a line that a crash left is no mask", async () => {
  await stopAfterOne("crashed");
  const partial = join(folder, "crashed/segmentation.partial.jsonl");
  await writeFile(partial, `${await readFile(partial, "utf8")}{"id":"val1","im`);
  expect(await write("crashed")).toMatchObject({ made: 3, kept: 1 });
  expect(await masksIn("crashed")).toEqual(await masksIn("whole"));
});

test("with other options, tags or another run it starts anew, even where that was stopped", async () => {
  const other = await trained("other", { seed: 5, steps: 1 });
  const cases: Partial<WriteMasksOptions>[] = [{ crf: true }, { useTags: true }, { run: other }];
  for (const [i, options] of cases.entries()) {
    await write(`anew${i}`);
    await stopAfterOne(`anew${i}`, options);
    // The masks of before are gone: none of them can be taken for a new one.
    const names = (await readdir(join(folder, `anew${i}`))).filter((name) => name.endsWith("png"));
    expect(names).toEqual(["val0.png"]);
  }
  expect(await write("anew0", { crf: true })).toMatchObject({ made: 3, kept: 1 });
  expect(await masksIn("anew0")).toEqual(await masksIn("refined"));
  expect(await masksIn("anew0")).not.toEqual(await masksIn("whole"));
});

test("another picture of the same name gets a mask of its own", async () => {
  const others = await tinyData(folder, "others");
  await write("names");
  const { val } = (await readDataset(others)).splits;
  expect(await write("names", { samples: val.slice(0, 2) })).toMatchObject({ made: 2, kept: 0 });
});

test("calls with other pictures add to the folder", async () => {
  const [a, b, ...rest] = dataset.splits.val;
  await write("added", { samples: [a, b] });
  expect(await write("added", { samples: [b, ...rest] })).toMatchObject({ made: 2, kept: 1 });
  expect(Object.keys((await description("added")).masks)).toEqual(ids);
  expect(await write("added")).toMatchObject({ made: 0, kept: 4 });
});

test("masks that are there are handed on, too, with the labels of the run", async () => {
  const seen = async (): Promise<[string, LabelMap][]> => {
    const found: [string, LabelMap][] = [];
    await write("handed", {
      onMask: async ({ id }, mask) => {
        found.push([id, mask]);
      },
    });
    return found;
  };
  const made = await seen();
  expect(made.map(([id]) => id)).toEqual(ids);
  expect(await seen()).toEqual(made);
});

test("masks have the pixel values of the data set, whatever classes are chosen", async () => {
  // One class alone takes longer to be found than two: with 120 to 240 steps it is.
  const chosen = await trained("square", { classes: ["square"], steps: 160 });
  expect(await write("values", { run: chosen })).toMatchObject({ values: [2] });
  const { maskLabels } = await readDataset(data, { classes: ["square"] });
  const labels = new Set<number>();
  const values = new Set<number>();
  for (const id of ids) {
    const file = join(folder, "values", `${id}.png`);
    for (const label of (await decodeMask(file, maskLabels)).labels) labels.add(label);
    for (const value of decodePng(await readFile(file)).samples) values.add(value);
  }
  expect(values).toEqual(new Set([0, 2]));
  expect(labels).toEqual(new Set([0, 1]));
});

test("a file that is no mask of ours is never replaced", async () => {
  const picture = join(folder, "mine/val1.png");
  await mkdir(join(folder, "mine"));
  await writeFile(picture, "a photograph");
  await expect(write("mine")).rejects.toThrow(
    `${picture}: the file is no mask of gain segment, and would be replaced by one. Choose another --out.`,
  );
  expect(await readFile(picture, "utf8")).toBe("a photograph");
  expect(await readdir(join(folder, "mine"))).toEqual(["val1.png"]);
});

test("a folder that another process writes is left alone", async () => {
  await write("busy");
  await writeFile(
    join(folder, "busy/masks.lock"),
    JSON.stringify({ pid: 1, host: `not-${hostname()}` }),
  );
  await expect(write("busy", { crf: true })).rejects.toThrow(RunError);
  expect(await masksIn("busy")).toEqual(await masksIn("whole"));
  await rm(join(folder, "busy/masks.lock"));
  // One of this machine that no process holds was left by a kill.
  await writeFile(
    join(folder, "busy/masks.lock"),
    JSON.stringify({ pid: 2 ** 30, host: hostname() }),
  );
  expect(await write("busy")).toMatchObject({ kept: 4 });
});

test("pictures none of which can be read are an error, and leave no folder", async () => {
  const samples = [{ id: "none", image: "/none.jpg", tags: [] }];
  await expect(write("unreadable", { samples })).rejects.toThrow(
    "/none.jpg: none of the pictures can be read. Check the paths, or run gain check on the data set.",
  );
  await expect(write("empty", { samples: [] })).rejects.toThrow(
    "segment: there must be at least one picture; got none. Name others.",
  );
  await expect(readdir(join(folder, "empty"))).rejects.toThrow(/ENOENT/);
});
