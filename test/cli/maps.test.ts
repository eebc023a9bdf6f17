import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { EvaluateJson, MapsResult } from "../../src/evaluate/evaluateJson.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/train/index.ts";
import { gain, jsonLines, type Outcome } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";
let run = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  const train = ["train", data, "--out", run, ...tinyRun, "--epochs", "4", "--no-evaluate"];
  expect(await gain(train)).toMatchObject({ status: 0 });
});

const resultOf = (outcome: Outcome): EvaluateJson =>
  jsonLines(outcome)[0] as unknown as EvaluateJson;

async function mapsOf(dataPath: string, flags: readonly string[]): Promise<readonly MapsResult[]> {
  const outcome = await gain(["evaluate", run, dataPath, ...flags, "--json"]);
  expect(outcome.status).toBe(0);
  return resultOf(outcome).maps ?? [];
}

const everyClass = { disc: expect.any(Number), square: expect.any(Number) };
const measured = { mean: expect.any(Number), perClass: everyClass };

test("all methods are measured beside the figures that stand alone, which stay the same", async () => {
  const plain = resultOf(await gain(["evaluate", run, data, "--json"]));
  const outcome = await gain([
    ...["evaluate", run, data, "--methods", "all", "--localization", "--faithfulness", "2"],
    "--json",
  ]);
  expect(outcome.status).toBe(0);
  const { maps = [], ...others } = resultOf(outcome);
  const { attention, ...rest } = plain;
  expect(others).toMatchObject(rest);
  expect(others.attention?.mIoU).toBeCloseTo(attention?.mIoU ?? Number.NaN, 6);
  expect(maps.map(({ method, layer }) => `${method} ${layer}`)).toEqual([
    "grad-cam conv6",
    "grad-cam++ conv6",
    "layer-cam conv6",
    "score-cam conv6",
  ]);
  for (const own of maps) {
    expect(own).toMatchObject({
      pictures: 4,
      localization: {
        pictures: { masks: 4, boxes: 0 },
        maps: 4,
        pointingGame: measured,
        energy: measured,
        maxBoxAccV2: measured,
        PxAP: measured,
        attention: { mIoU: expect.any(Number), threshold: expect.any(Number) },
      },
      faithfulness: { maps: 2, leftOut: 0, insertion: { mean: expect.any(Number) } },
      blank: { maps: 4, notFinite: 0 },
    });
    expect(own.localization?.attention.curve).toHaveLength(40);
    expect(own.faithfulness?.insertion.curve).toHaveLength(21);
    expect(own.faithfulness?.road.morf).toHaveLength(9);
  }
  // The run's own attention, measured twice.
  expect(maps[0].localization?.attention.mIoU).toBeCloseTo(attention?.mIoU ?? Number.NaN, 6);
});

test("the same seed draws the same pictures and gives the same figures", async () => {
  const flags = ["--faithfulness", "1", "--localization", "2", "--seed"];
  const [first, again, other] = [
    await mapsOf(data, [...flags, "3"]),
    await mapsOf(data, [...flags, "3"]),
    await mapsOf(data, [...flags, "4"]),
  ];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(first[0].localization?.maps).toBe(2);
});

test("layers are compared, and where nothing is said, by where their maps lie", async () => {
  const maps = await mapsOf(data, ["--layers", "conv4,conv6", "--methods", "layer-cam"]);
  expect(maps.map(({ layer }) => layer)).toEqual(["conv4", "conv6"]);
  expect(maps[0].localization?.maps).toBe(4);
  expect(maps[0]).not.toHaveProperty("faithfulness");
});

/** The pictures of the tiny set as a table. */
async function table(name: string, more: object): Promise<string> {
  const rows = ["train", "val"].flatMap((split) =>
    [0, 1, 2, 3].map((i) => ({
      image: `data/JPEGImages/${split}${i}.jpg`,
      tags: [i % 2 === 0 ? "disc" : "square"],
      split,
      ...more,
    })),
  );
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(rows));
  return path;
}

test("boxes stand in for masks, and without either only faithfulness is measured", async () => {
  const boxes = [
    { tag: "disc", left: 5, top: 5, right: 30, bottom: 30 },
    { tag: "square", left: 12, top: 12, right: 28, bottom: 28 },
  ];
  const [own] = await mapsOf(await table("boxes.json", { boxes }), ["--localization"]);
  // Boxes' tags are the picture's: two maps for each.
  expect(own.localization).toMatchObject({ pictures: { masks: 0, boxes: 4 }, maps: 8 });
  const flags = ["--localization", "--faithfulness", "1"];
  const [tagged] = await mapsOf(await table("tags.json", {}), flags);
  expect(tagged).not.toHaveProperty("localization");
  expect(tagged.faithfulness).toMatchObject({ maps: 1 });
});

test("without --json a table is printed with its basis", async () => {
  const flags = ["--methods", "grad-cam,layer-cam", "--localization"];
  const { status, stdout } = await gain(["evaluate", run, data, ...flags]);
  expect(status).toBe(0);
  expect(stdout).toContain("pointing ↑");
  expect(stdout).toMatch(/ {2}LayerCAM at conv6 +[\d.]+ %/);
  expect(stdout).toContain("where they lie: 4 maps of 4 pictures (4 with masks)");
});

test("what is found is kept in the run by method and split, and its report shows it", async () => {
  const kept = join(folder, "kept");
  await cp(run, kept, { recursive: true });
  await rm(join(kept, "maps.json"), { force: true });
  const flags = ["--methods", "layer-cam", "--faithfulness", "1"];
  expect(await gain(["evaluate", kept, data, ...flags])).toMatchObject({ status: 0 });
  // A later call adds to what an earlier one found.
  for (const split of ["val", "train"]) {
    const more = ["--methods", "layer-cam", "--localization", "--split", split];
    expect(await gain(["evaluate", kept, data, ...more])).toMatchObject({ status: 0 });
  }
  const file = join(folder, "maps.html");
  expect(await gain(["report", kept, "--out", file])).toMatchObject({ status: 0 });
  const page = await readFile(file, "utf8");
  const section = /<h2 id="maps">.*?<\/section>/s.exec(page)?.[0] ?? "";
  expect([...section.matchAll(/<caption>(.*?)</g)].map(([, split]) => split)).toEqual([
    ...["val", "train"],
  ]);
  expect(section).toContain("insertion ↑");
  expect(section).toContain("Where they lie: 4 maps of 4 pictures (4 with masks); what they say");
  expect(section).toContain(
    "Where they lie: 14 maps of 14 pictures (14 with masks); pictures drawn",
  );
});

test("figures that cannot be kept are printed all the same", async () => {
  const closed = join(folder, "closed");
  await cp(run, closed, { recursive: true });
  await writeFile(join(closed, "maps.json"), "{");
  const flags = ["--methods", "layer-cam", "--localization"];
  const outcome = await gain(["evaluate", closed, data, ...flags]);
  expect(outcome).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("LayerCAM at conv6"),
    stderr: expect.stringContaining(
      `these figures will be in no report: ${join(closed, "maps.json")}: must be whole JSON. Delete the file; gain evaluate RUN DATA --methods all measures anew.\n`,
    ),
  });
});

test("a network whose weights have diverged is told, with the first picture, and fails", async () => {
  const broken = join(folder, "broken");
  await cp(run, broken, { recursive: true });
  const path = join(broken, "checkpoint.safetensors");
  const { tensors, progress } = await readCheckpoint(path);
  tensors.get("conv6.bias")?.data.fill(Number.NaN);
  await writeCheckpoint(path, { tensors, progress });
  const flags = ["--methods", "grad-cam,score-cam", "--localization", "--faithfulness", "1"];
  const outcome = await gain(["evaluate", broken, data, ...flags, "--json"]);
  expect(outcome.status).toBe(1);
  expect(outcome.stderr).toContain(
    "the network's scores are NaN for 4 of 4 pictures, first val0: its weights have diverged. Train anew with a lower learningRate.",
  );
  expect(outcome.stderr).toContain(
    "Grad-CAM at conv6: 4 of 4 maps are NaN or infinite, first disc in val0: the weights have diverged.",
  );
  const { maps = [], ...others } = resultOf(outcome);
  expect(others).toEqual({
    split: "val",
    images: 0,
    classes: ["disc", "square"],
    diverged: { pictures: 4, first: "val0" },
  });
  expect(maps[1].blank).toMatchObject({ notFinite: 4, blank: 0 });
  const text = await gain(["evaluate", broken, data]);
  expect(text.stdout).toContain("val: all scores are NaN, so nothing is measured");
});

test("gain attend draws by any method", async () => {
  const image = join(data, "JPEGImages/val0.jpg");
  const attend = ["attend", run, image, "--out", join(folder, "drawn"), "--class", "disc"];
  expect((await gain([...attend, "--method", "score-cam"])).status).toBe(0);
  const unknown = await gain([...attend, "--method", "cam"]);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain(
    '--method: must be one of grad-cam, grad-cam++, layer-cam, score-cam; got "cam".',
  );
});

test("masks have no attention to compare", async () => {
  const masks = join(data, "SegmentationClass");
  const outcome = await gain(["evaluate", masks, data, "--methods", "all"]);
  expect(outcome.status).toBe(2);
  expect(outcome.stderr).toContain(
    `methods: must be left out for ${masks}: it is a folder of masks, which are measured as they are.`,
  );
});

test("unknown methods and numbers that are none are refused", async () => {
  const wrong = await gain(["evaluate", run, data, "--methods", "grad-cam,eigen-cam"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(
    '--methods: must be all, or names of grad-cam, grad-cam++, layer-cam, score-cam; got "eigen-cam".',
  );
  const zero = await gain(["evaluate", run, data, "--faithfulness", "0"]);
  expect(zero.status).toBe(2);
  expect(zero.stderr).toContain("It must be at least 1.");
});
