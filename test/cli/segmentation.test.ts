import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "../../src/data/decodePng.ts";
import { writeIndexedPng } from "../../src/data/index.ts";
import { gain, jsonLines, type Outcome } from "./gain.ts";
import { tinyCues, tinySec } from "./tinyCues.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";
let cues = "";
let trained: Outcome;
let segmented: Outcome;

/** 80 steps, after which the masks have objects. */
const options = [
  ...[...tinySec, "--steps", "80", "--set", "learningRate=0.003", "--set", "dropout=false"],
  ...["--set", "schedule.kind=constant", "--set", "biasRateFactor=1", "--set", "logEvery=40"],
  "--json",
];

const sec = (out: string, ...more: string[]): string[] => [
  ...["sec", data, "--cues", cues, "--out", join(folder, out), ...options, ...more],
];

const run = (): string => join(folder, "run");

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  cues = await tinyCues(data, join(folder, "cues"));
  const train = ["train", data, "--out", join(folder, "classifier"), ...tinyRun, "--steps", "4"];
  expect((await gain([...train, "--no-evaluate"])).status).toBe(0);
  trained = await gain(sec("run"));
  segmented = await gain(segment("masks", ...valOf("drawn")));
});

const segment = (out: string, ...more: string[]): string[] => [
  ...["segment", run(), "--out", join(folder, out), "--threads", "1", ...more],
];

/** The split val, described, and drawn in a folder. */
const valOf = (drawn: string): string[] => [
  ...[data, "--split", "val", "--json", "--overlays", join(folder, drawn)],
];

describe("gain sec", () => {
  test("prints the three losses, and what the masks are worth without the CRF", async () => {
    expect(trained).toMatchObject({ status: 0 });
    const lines = jsonLines(trained);
    expect(lines.map(({ step }) => step)).toEqual([40, 80, 80]);
    const number = expect.any(Number);
    expect(lines[1]).toMatchObject({
      loss: number,
      seed: number,
      expand: number,
      constrain: number,
    });
    expect(lines[2]).toMatchObject({
      split: "val",
      images: 4,
      classes: ["disc", "square"],
      segmentation: { mIoU: number, crf: false, withoutMask: 0 },
    });
    expect(await readFile(join(run(), "metrics.jsonl"), "utf8")).toBe(trained.stdout);
    expect(trained.stderr).toContain(`done: 80 steps, in ${run()}\n`);
  });

  test("trains on the cues of gain cues", async () => {
    const classifier = join(folder, "classifier");
    const made = join(folder, "made-cues");
    const small = ["--size", "11", "--scales", "1", "--no-flip", "--threads", "1"];
    expect((await gain(["cues", classifier, data, "--out", made, ...small])).status).toBe(0);
    const outcome = await gain([
      ...["sec", data, "--cues", made, "--out", join(folder, "chained"), ...tinySec],
      ...["--weights", join(classifier, "checkpoint.safetensors"), "--steps", "2"],
      ...["--no-evaluate", "--json", "--set", "logEvery=1"],
    ]);
    expect(outcome).toMatchObject({ status: 0 });
    expect(jsonLines(outcome)).toHaveLength(2);
  });

  test("Ctrl-C ends with 130 and a checkpoint, from which the run goes on to the same bytes", async () => {
    const few = ["--steps", "12", "--no-evaluate", "--set", "logEvery=1"];
    const digest = async (out: string): Promise<string[]> => {
      const names = ["checkpoint.safetensors", "model.onnx"];
      const files = await Promise.all(names.map((name) => readFile(join(folder, out, name))));
      return files.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
    };
    expect((await gain(sec("twelve", ...few))).status).toBe(0);
    const outcome = await gain(sec("interrupted", ...few), (stdout, child) => {
      if (stdout.split("\n").length === 3) child.kill("SIGINT");
    });
    expect(outcome.status).toBe(130);
    expect(outcome.stderr).toMatch(
      /interrupted at step \d+, which is saved; add --resume to go on\n$/,
    );
    expect((await gain(sec("interrupted", ...few, "--resume"))).status).toBe(0);
    expect(await digest("interrupted")).toEqual(await digest("twelve"));
    const again = await gain(sec("interrupted", ...few, "--resume"));
    expect(again).toMatchObject({
      status: 0,
      stderr: `${join(folder, "interrupted")}: all 12 steps are done; nothing to do (more --epochs go on)\n`,
    });
  });
});

describe("gain segment", () => {
  test("describes each mask in a line of JSON, and draws it over its picture", async () => {
    expect(segmented).toMatchObject({ status: 0 });
    const lines = jsonLines(segmented);
    expect(lines.map(({ id }) => id)).toEqual(["val0", "val1", "val2", "val3"]);
    for (const line of lines) {
      const file = join(folder, "masks", `${line.id}.png`);
      expect(line).toMatchObject({
        image: join(data, `JPEGImages/${line.id}.jpg`),
        mask: file,
        ...{ width: 40, height: 40 },
      });
      const { samples } = decodePng(await readFile(file));
      const shares = line.shares as Record<string, number>;
      for (const [value, name] of ["background", "disc", "square"].entries()) {
        const count = samples.filter((sample) => sample === value).length;
        expect(shares[name] ?? 0).toBeCloseTo(count / 1600, 12);
      }
      const overlay = await sharp(join(folder, "drawn", `${line.id}.png`)).metadata();
      expect(overlay).toMatchObject({ width: 40, height: 40 });
    }
    expect(segmented.stderr).toContain(`4 masks in ${join(folder, "masks")}\n`);
  });

  test("started again it makes nothing, but describes and draws what is there", async () => {
    const again = await gain(segment("masks", ...valOf("redrawn")));
    expect(again.status).toBe(0);
    expect(again.stderr).toBe(`0 masks in ${join(folder, "masks")}, 4 were there\n`);
    expect(jsonLines(again)).toHaveLength(4);
    expect(await readdir(join(folder, "redrawn"))).toHaveLength(4);
  });

  test("takes pictures and folders, refined, and skips with status 1 what is no picture", async () => {
    const album = join(folder, "album");
    await mkdir(album);
    const source = join(data, "JPEGImages/val1.jpg");
    await sharp(source).resize(60, 30, { fit: "fill" }).toFile(join(album, "wide.png"));
    await writeFile(join(album, "text.jpg"), "no picture");
    const outcome = await gain(segment("refined", source, album, "--crf"));
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(/skipped .*text\.jpg: the picture cannot be decoded/);
    expect((await readdir(join(folder, "refined"))).sort()).toEqual([
      ...["segmentation.json", "val1.png", "wide.png"],
    ]);
    const wide = decodePng(await readFile(join(folder, "refined/wide.png")));
    expect(wide).toMatchObject({ width: 60, height: 30 });
  });

  test("--use-tags leaves only a picture's own classes in its mask", async () => {
    const outcome = await gain(segment("tagged", data, "--split", "val", "--use-tags", "--json"));
    for (const { id, shares } of jsonLines(outcome)) {
      const other = Number(String(id).slice(3)) % 2 === 0 ? "square" : "disc";
      expect(Object.keys(shares as object)).not.toContain(other);
    }
  });

  test("refuses to draw over the masks, or a run of gain train, or no run at all", async () => {
    expect(await gain(segment("x", data, "--overlays", join(folder, "x")))).toMatchObject({
      status: 2,
      stderr:
        "gain: --overlays: must be another folder than --out, whose masks have the same names.\n",
    });
    const classifier = join(folder, "classifier");
    expect(await gain(["segment", classifier, data, "--out", join(folder, "x")])).toMatchObject({
      status: 1,
      stderr: `gain: ${classifier}: must be a run of gain sec; got one of gain train. Name another RUN.\n`,
    });
    for (const command of ["attend", "cues"]) {
      const source = command === "attend" ? join(data, "JPEGImages/val0.jpg") : data;
      expect(await gain([command, run(), source, "--out", join(folder, "x")])).toMatchObject({
        status: 1,
        stderr: `gain: ${run()}: must be a run of gain train; got one of gain sec. Name another RUN.\n`,
      });
    }
    expect((await gain(["segment", data, data, "--out", join(folder, "x")])).stderr).toMatch(
      /^gain: .*config\.json: not found, so .* is no run\. Train one with gain sec DATA .*\n$/,
    );
  });
});

describe("gain evaluate", () => {
  const evaluate = async (source: string, ...more: string[]): Promise<Outcome> =>
    gain(["evaluate", source, data, "--json", ...more]);

  test("measures a run as training did, and better shaped with the CRF", async () => {
    const plain = await evaluate(run());
    const { step: _, ...recorded } = jsonLines(trained).at(-1) ?? {};
    expect(jsonLines(plain)).toEqual([recorded]);
    const [refined] = jsonLines(await evaluate(run(), "--crf"));
    expect(refined).toMatchObject({ images: 4, segmentation: { crf: true } });
    expect(refined.segmentation).not.toEqual({ ...(recorded.segmentation as object), crf: true });
  });

  test("finds in a folder of masks what it finds in the run that made them", async () => {
    const [{ segmentation }] = jsonLines(await evaluate(run()));
    const [masks] = jsonLines(await evaluate(join(folder, "masks")));
    const { crf: _, unreadable, ...figures } = segmentation as Record<string, unknown>;
    expect(unreadable).toEqual([]);
    expect(masks.segmentation).toEqual(figures);
  });

  test("prints a table by class, and draws the confusion matrix", async () => {
    const file = join(folder, "confusion.png");
    const outcome = await gain(["evaluate", join(folder, "masks"), data, "--confusion", file]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/segmentation mIoU [\d.]+ %\n/);
    for (const name of ["background", "disc", "square"]) expect(outcome.stdout).toContain(name);
    expect((await sharp(file).metadata()).width).toBeGreaterThan(100);
    const none = await gain(["evaluate", join(folder, "classifier"), data, "--confusion", file]);
    expect(none.status).toBe(2);
    expect(none.stderr).toMatch(/gain: --confusion: needs masks; .*\n$/);
  });

  test("refuses masks that are missing, of another size or with illegal values, all at once", async () => {
    const masks = join(folder, "wrong");
    await mkdir(masks);
    await writeIndexedPng(join(masks, "val1.png"), new Uint8Array(12), 4, 3);
    await writeIndexedPng(join(masks, "val2.png"), new Uint8Array(1600).fill(3), 40, 40);
    await writeIndexedPng(join(masks, "val3.png"), new Uint8Array(1600), 40, 40);
    const outcome = await evaluate(masks);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      /\ngain: .*: there must be a prediction <id>\.png for each picture of the split "val" .*\n$/,
    );
    expect(outcome.stderr).toMatch(/1 missing, 1 of another size, 1 unusable/);
    expect(outcome.stderr).toMatch(/missing: val0/);
    expect(outcome.stderr).toMatch(/val1 is 4x3, must be 40x40/);
    expect(outcome.stderr).toMatch(/val2: .*has the value 3/);
  });

  test("refuses masks of another class list", async () => {
    const outcome = await evaluate(join(folder, "masks"), "--classes", "square,disc");
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(
      /^gain: .*segmentation\.json: the masks are of the classes disc,square, the data set's are square,disc\. .*--classes disc,square.*\n$/,
    );
  });

  test("counts a mask that is all void, and tells and skips one that cannot be used", async () => {
    const others = await tinyData(folder, "void");
    const mask = (id: string): string => join(others, `SegmentationClass/${id}.png`);
    await writeIndexedPng(mask("val0"), new Uint8Array(1600).fill(255), 40, 40);
    await writeIndexedPng(mask("val1"), new Uint8Array(12), 4, 3);
    await rm(mask("val2"));
    const outcome = await gain(["evaluate", run(), others, "--json"]);
    expect(outcome.status).toBe(1);
    expect(outcome.stderr).toMatch(
      /skipped .*val1\.png: the mask is 4x3 pixels, its picture 40x40\n/,
    );
    expect(outcome.stderr).toMatch(/1 pictures were skipped\n/);
    expect(outcome.stderr).toMatch(/1 masks are void everywhere, and count nothing: val0\n/);
    expect(outcome.stderr).toMatch(/1 pictures of the split have no mask, and were not measured\n/);
    expect(jsonLines(outcome)[0]).toMatchObject({
      images: 2,
      segmentation: { unreadable: ["val1"] },
    });

    // Training that measures them is not lost when none is left.
    await writeIndexedPng(mask("val3"), new Uint8Array(1600).fill(255), 40, 40);
    const none = await gain(["evaluate", run(), others, "--json"]);
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/must have a picture and mask that can be read and are not void/);
    const again = await gain([
      ...["sec", others, "--cues", cues, "--out", join(folder, "unmeasured"), ...tinySec],
      ...["--steps", "2"],
    ]);
    expect(again.status).toBe(0);
    expect(again.stderr).toMatch(/are not void; none has\./);
    expect(await readdir(join(folder, "unmeasured"))).toContain("model.onnx");
  });
});
