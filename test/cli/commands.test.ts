import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import { readDataset } from "../../src/data/index.ts";
import { Loader, noAugmentation } from "../../src/index.ts";
import { openRun, startAttender } from "../../src/train/index.ts";
import { gain, jsonLines, type Outcome } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";
let run = "";
let trained: Outcome;

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  trained = await gain([
    ...["train", data, "--out", run, ...tinyRun, "--epochs", "2", "--json"],
    ...["--guidance", "extra", "--masks", "6", "--set", "logEvery=2", "--set", "warmupEpochs=1"],
    ...["--set", "miningWeight=0.3", "--set", "extraClassificationWeight=0.25"],
  ]);
});

describe("gain train", () => {
  test("ends with 0 and leaves the seven files of a run", async () => {
    expect(trained).toMatchObject({ status: 0 });
    expect((await readdir(run)).sort()).toEqual([
      "algorithms.json",
      "checkpoint.safetensors",
      "config.json",
      "evaluation.json",
      "metrics.jsonl",
      "model.onnx",
      "report.html",
    ]);
  });

  test("prints one JSON line per logged step and evaluation, as metrics.jsonl holds them", async () => {
    const lines = jsonLines(trained);
    const steps = lines.filter((line) => "loss" in line);
    expect(steps.map(({ step }) => step)).toEqual([2, 4, 6]);
    for (const line of steps) {
      expect(line).toMatchObject({
        classification: expect.any(Number),
        extra: expect.any(Number),
        imagesPerSecond: expect.any(Number),
      });
    }
    // The mining loss begins after the warm-up of one epoch, 3 steps.
    expect(steps.map((line) => "mining" in line)).toEqual([false, true, true]);
    const evaluations = lines.filter((line) => "split" in line);
    expect(evaluations.map(({ step }) => step)).toEqual([3, 6]);
    expect(await readFile(join(run, "metrics.jsonl"), "utf8")).toBe(trained.stdout);
  });

  test("keeps every option and the classes in config.json", async () => {
    const config = JSON.parse(await readFile(join(run, "config.json"), "utf8"));
    expect(config).toMatchObject({
      data,
      classes: ["disc", "square"],
      inputSize: 32,
      totalSteps: 6,
      warmupSteps: 3,
      options: { guidance: "extra", masks: 6, optimizer: { kind: "adam" }, sigma: 0.5 },
    });
  });

  test("writes a model that plain ONNX Runtime runs to the run's logits and maps", async () => {
    const opened = await openRun(run);
    const dataset = await readDataset(data);
    const { inputSize: size, preprocessing } = opened.model;
    const loader = new Loader({ size, preprocessing, maskLabels: dataset.maskLabels });
    const [sample] = dataset.splits.val;
    const item = { sample, augmentation: noAugmentation, withMask: false };
    const { images } = await loader.load([item]);
    await loader.close();
    const { attender, close } = await startAttender(opened, { threads: 1 });
    const [expected] = await attender.attend(images.slice());
    await close();

    const session = await InferenceSession.create(join(run, "model.onnx"));
    expect(session.inputNames).toEqual(["images"]);
    const feeds = { images: new Tensor("float32", images, [1, 3, size, size]) };
    const { logits, attention } = await session.run(feeds);
    expect(attention.dims).toEqual([1, 2, expected.height, expected.width]);
    const difference = (a: ArrayLike<number>, b: Tensor["data"]): number =>
      Math.max(...Array.from(a, (value, i) => Math.abs(value - Number(b[i]))));
    // Batch 1 and batch 16 may take other kernels: float32 rounding only.
    expect(difference(expected.logits, logits.data)).toBeLessThan(1e-5);
    expect(difference(expected.maps, attention.data)).toBeLessThan(1e-4);
  });
});

test("gain evaluate prints one object with the figures that training recorded", async () => {
  const outcome = await gain(["evaluate", run, data, "--json"]);
  expect(outcome.status).toBe(0);
  const [result] = jsonLines(outcome);
  expect(Object.keys(result)).toEqual([
    "split",
    "images",
    "classes",
    "classification",
    "attention",
  ]);
  const { step: _, ...recorded } = jsonLines(trained).at(-1) ?? {};
  expect(result).toEqual(recorded);
});

test("gain evaluate and attend look at another layer when asked to", async () => {
  const own = jsonLines(await gain(["evaluate", run, data, "--json"]))[0];
  const other = jsonLines(await gain(["evaluate", run, data, "--layer", "conv4", "--json"]))[0];
  expect(other.classification).toEqual(own.classification);
  expect(other.attention).not.toEqual(own.attention);
  const image = join(data, "JPEGImages/val0.jpg");
  const out = join(folder, "conv2");
  const attend = ["attend", run, image, "--out", out, "--class", "disc", "--raw"];
  expect((await gain([...attend, "--layer", "conv2"])).status).toBe(0);
  const header = (await readFile(join(out, "val0.disc.npy"))).toString("latin1", 0, 128);
  expect(header).toContain("'shape': (16, 16)");
  const missing = await gain([...attend, "--layer", "conv9"]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain("attention: layer must be one of conv1,");
});

test("gain attend draws what it can, tells what it cannot, and then ends with 1", async () => {
  const out = join(folder, "attention");
  const image = join(data, "JPEGImages/val0.jpg");
  const outcome = await gain([
    ...["attend", run, image, join(data, "classes.txt"), "--out", out],
    ...["--class", "disc", "--raw", "--json"],
  ]);
  expect(outcome.status).toBe(1);
  expect(outcome.stderr).toMatch(/^gain: .*classes\.txt: the picture cannot be decoded .*\n$/);
  expect(jsonLines(outcome)).toEqual([
    {
      image,
      class: "disc",
      probability: expect.any(Number),
      overlay: join(out, "val0.disc.png"),
      raw: join(out, "val0.disc.npy"),
    },
  ]);
  const npy = await readFile(join(out, "val0.disc.npy"));
  expect(npy.toString("latin1", 1, 6)).toBe("NUMPY");
  expect(npy.length).toBe(128 + 4 * 4 * 4);
});

test("gain check counts pictures, tags and masks", async () => {
  const [report] = jsonLines(await gain(["check", data, "--json"]));
  expect(report).toMatchObject({
    classes: ["disc", "square"],
    splits: { train: { images: 14, masks: 14, classes: { disc: 7, square: 7 } } },
    problems: [],
  });
});

test("gain sample writes a data set once", async () => {
  const args = ["sample", join(folder, "sample"), "--images", "6"];
  expect((await gain(args)).stdout).toMatch(/: 5 pictures for training, 1 for validation/);
  expect((await gain(args)).stdout).toMatch(/\(there already\)\n$/);
});

test("gain --help names every command", async () => {
  const { stdout, status } = await gain(["--help"]);
  expect(status).toBe(0);
  for (const name of [
    "sample",
    "check",
    "train",
    "layers",
    "evaluate",
    "attend",
    "export",
    "cues",
    "demo",
  ]) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
  }
});
