import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Dataset, ignoreLabel, type Sample, writeIndexedPng } from "../data/index.ts";
import { smallnet } from "../nn/index.ts";
import { Random } from "../random.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type GuidedObjectiveOptions, guidedObjective } from "./guidedObjective.ts";
import { TrainingError } from "./objective.ts";
import { type StepReport, Trainer, type TrainerOptions } from "./trainer.ts";

const size = 32;
const model = smallnet({ classes: 3, inputSize: size });

let folder = "";
let dataset: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-trainer-"));
  const train = await Promise.all(Array.from({ length: 12 }, (_, n) => writeSample(n)));
  const maskLabels = Uint8Array.from({ length: 256 }, (_, i) => (i <= 3 ? i : ignoreLabel));
  const classes = ["red", "green", "blue"];
  dataset = { root: folder, format: "folders", classes, maskLabels, splits: { train } };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const trainers: Trainer[] = [];
afterEach(async () => {
  for (const trainer of trainers.splice(0)) await trainer.close();
});

/** Noise with one square in each colour that the picture is tagged with, and its mask. */
async function writeSample(n: number): Promise<Sample> {
  const tags = n % 4 === 3 ? [n % 3, (n + 1) % 3].sort() : [n % 3];
  const random = new Random(n);
  const pixels = Uint8Array.from({ length: size * size * 3 }, () => random.int(128));
  const labels = new Uint8Array(size * size);
  for (const tag of tags) {
    const [top, left] = [random.int(20), random.int(20)];
    for (let y = top; y < top + 10; y++) {
      for (let x = left; x < left + 10; x++) {
        pixels[(y * size + x) * 3 + tag] = 255;
        labels[y * size + x] = tag + 1;
      }
    }
  }
  const [image, mask] = [join(folder, `${n}.png`), join(folder, `${n}-mask.png`)];
  await sharp(pixels, { raw: { width: size, height: size, channels: 3 } }).toFile(image);
  await writeIndexedPng(mask, labels, size, size);
  return { id: `${n}`, image, tags, mask };
}

type Options = Omit<TrainerOptions, "objective"> & GuidedObjectiveOptions;

async function start(given: Partial<Options> = {}): Promise<Trainer> {
  const options: Options = {
    model,
    dataset,
    guidance: { guidance: "none" },
    supervised: dataset.splits.train.slice(0, 6),
    steps: 6,
    warmupSteps: 0,
    batchSize: 4,
    supervisedPerStep: 2,
    accumulate: 1,
    optimizer: { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 },
    schedule: { kind: "poly", power: 0.9 },
    learningRate: 0.01,
    headRateFactor: 10,
    augmentation: { flip: 0.5, scale: [0.7, 1] },
    seed: 1,
    threads: 1,
    device: "cpu",
    ...given,
  };
  const trainer = await Trainer.start({ ...options, objective: guidedObjective(options) });
  trainers.push(trainer);
  return trainer;
}

/** Reports without the time that they took. */
async function steps(
  trainer: Trainer,
  count: number,
): Promise<Omit<StepReport, "imagesPerSecond">[]> {
  const reports: Omit<StepReport, "imagesPerSecond">[] = [];
  for (let i = 0; i < count; i++) {
    const { imagesPerSecond, ...report } = await trainer.next();
    expect(imagesPerSecond).toBeGreaterThan(0);
    reports.push(report);
  }
  return reports;
}

/** A hash of each tensor's bytes: quick to compare, and a difference has a name. */
function digestsOf({ tensors, progress }: Checkpoint) {
  const digest = (data: Float32Array): string =>
    createHash("sha256")
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest("hex");
  const entries = [...tensors].map(([name, { data }]) => [name, digest(data)] as const);
  return { progress, tensors: Object.fromEntries(entries) };
}

const errorOf = async (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("nothing was thrown"),
    (error: Error) => error,
  );

describe("a run", () => {
  test("of the same seed ends with the same bytes, of another seed with others", async () => {
    const guidance = { guidance: "self" } as const;
    const runs = [];
    for (const seed of [1, 1, 2]) {
      const trainer = await start({ guidance, seed });
      runs.push({ reports: await steps(trainer, 3), end: digestsOf(await trainer.checkpoint()) });
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2].end.tensors).not.toEqual(runs[0].end.tensors);
  });

  test("lowers the loss", async () => {
    const trainer = await start({ steps: 40, schedule: { kind: "constant" } });
    const losses = (await steps(trainer, 40)).map((report) => report.losses.loss);
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(losses.slice(-6))).toBeLessThan(0.8 * mean(losses.slice(0, 6)));
  });

  test("counts its steps, and reports the rate that its schedule gives", async () => {
    const reports = await steps(await start({ steps: 4, schedule: { kind: "poly", power: 1 } }), 4);
    expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    const rates = reports.map(({ learningRate }) => learningRate);
    expect(rates).toEqual([0.01, 0.0075, 0.005, 0.0025]);
  });

  test("starts with the weights that it is given, and draws the others", async () => {
    const { name, shape } = model.parameters[0];
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.25);
    const weights = new Map([[name, { shape, data }]]);
    const [given, drawn] = [await start({ weights }), await start()];
    const [a, b] = [await given.checkpoint(), await drawn.checkpoint()];
    expect(a.tensors.get(name)?.data).toEqual(data);
    const [first, second] = [digestsOf(a).tensors, digestsOf(b).tensors];
    expect(first).toEqual({ ...second, [name]: first[name] });
    expect(first[name]).not.toBe(second[name]);
  });

  test("shows no mining loss during the warm-up", async () => {
    for (const guidance of ["self", "extra"] as const) {
      const options = { guidance, miningWeight: 0.3 };
      const trainer = await start({ guidance: options, warmupSteps: 2 });
      const names = (await steps(trainer, 3)).map(({ losses }) => Object.keys(losses).sort());
      const extra = guidance === "extra" ? ["extra"] : [];
      const warm = ["classification", ...extra, "loss"];
      expect(names).toEqual([warm, warm, ["classification", ...extra, "loss", "mining"]]);
    }
  });
});

describe("a run that goes on from a checkpoint ends as if it had never stopped", () => {
  const details = { classesPerImage: "all", maskedShare: 0.5 } as const;
  const adam = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;

  test.for<readonly [string, Partial<Options>]>([
    ["without guidance", { guidance: { guidance: "none", ...details }, accumulate: 2 }],
    ["with self-guidance", { guidance: { guidance: "self", ...details }, accumulate: 2 }],
    ["with masks", { guidance: { guidance: "extra", ...details }, accumulate: 2 }],
    [
      "with masks and mining",
      { guidance: { guidance: "extra", miningWeight: 0.3, ...details }, accumulate: 2 },
    ],
    ["with Adam", { guidance: { guidance: "self" }, optimizer: adam, learningRate: 1e-3 }],
    ["within the warm-up", { guidance: { guidance: "self" }, warmupSteps: 3 }],
  ])("%s", async ([, options]) => {
    const whole = await start(options);
    await steps(whole, 2);
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, await whole.checkpoint());
    const expected = await steps(whole, 3);
    const end = digestsOf(await whole.checkpoint());

    const second = await start(options);
    await second.restore(await readCheckpoint(path));
    expect(second.step).toBe(2);
    expect(await steps(second, 3)).toEqual(expected);
    expect(digestsOf(await second.checkpoint())).toEqual(end);
  });

  test("also where the same trainer goes back", async () => {
    const trainer = await start();
    await steps(trainer, 1);
    const checkpoint = await trainer.checkpoint();
    const expected = await steps(trainer, 3);
    await trainer.restore(checkpoint);
    expect(await steps(trainer, 3)).toEqual(expected);
  });

  test("but not from one of another optimiser", async () => {
    const checkpoint = await (await start()).checkpoint();
    const error = await errorOf((await start({ optimizer: adam })).restore(checkpoint));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(
      /^resume: the checkpoint must hold all state .* it lacks conv1\.weight\.firstMoment, .* Resume with the options that the run was started with\.$/,
    );
  });
});

test("two batches of 4 accumulated move the parameters as one of 8 does", async () => {
  // One tag each: which class is drawn would differ between the two otherwise.
  const train = dataset.splits.train.filter(({ tags }) => tags.length === 1).slice(0, 8);
  const plain = {
    dataset: { ...dataset, splits: { train } },
    guidance: { guidance: "self" },
    augmentation: { flip: 0 },
    optimizer: { kind: "sgd", momentum: 0, weightDecay: 0 },
    learningRate: 1,
    headRateFactor: 1,
  } as const satisfies Partial<Options>;
  const whole = await start({ ...plain, batchSize: 8 });
  const parts = await start({ ...plain, batchSize: 4, accumulate: 2 });
  const before = (await whole.checkpoint()).tensors;
  const [[one], [two]] = [await steps(whole, 1), await steps(parts, 1)];
  expect(two.losses.loss).toBeCloseTo(one.losses.loss, 5);
  const [a, b] = [(await whole.checkpoint()).tensors, (await parts.checkpoint()).tensors];
  for (const [name, { data }] of before) {
    let [difference, length] = [0, 0];
    data.forEach((value, i) => {
      const [x, y] = [a.get(name)?.data[i] ?? 0, b.get(name)?.data[i] ?? 0];
      difference += (x - y) ** 2;
      length += (x - value) ** 2;
    });
    // Parameters of order 0.1 hold a gradient of order 1e-3 to five places.
    expect(Math.sqrt(difference / length), name).toBeLessThan(1e-3);
  }
});

describe("what goes wrong", () => {
  test("an absurd learning rate stops with the step, the loss and the cure", async () => {
    const trainer = await start({ learningRate: 1e30 });
    const error = await errorOf(steps(trainer, 6));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(
      /^step \d: the loss is (NaN|-?Infinity), and the parameter conv1\.weight is no longer finite\. The last checkpoint is intact\. Lower the learning rate, or look for broken pictures with gain check\.$/,
    );
    const kept = await errorOf(trainer.checkpoint());
    expect(kept).toBeInstanceOf(TrainingError);
    expect(kept.message).toMatch(/^step \d: conv1\.weight\S* holds values that are not finite\./);
  });

  test("a broken picture is reported and does not stop the run", async () => {
    const image = join(folder, "broken.jpg");
    await writeFile(image, "no picture");
    const broken: Sample = { id: "broken", image, tags: [0] };
    const train = [...dataset.splits.train.slice(0, 11), broken];
    const trainer = await start({ dataset: { ...dataset, splits: { train } } });
    const reports = await steps(trainer, 3);
    expect(reports.every(({ losses }) => Number.isFinite(losses.loss))).toBe(true);
    expect([...trainer.failures.keys()]).toEqual(["broken"]);
    expect(trainer.failures.get("broken")).toMatchObject({ id: "broken", file: image });
  });

  test("options that contradict the data are refused before anything starts", async () => {
    const messageOf = async (options: Partial<Options>) => {
      const error = await errorOf(start(options));
      expect(error).toBeInstanceOf(TrainingError);
      return error.message;
    };
    expect(await messageOf({ batchSize: 13 })).toBe(
      `${folder}: the split "train" must have at least one batch of 13 pictures; it has 12. Lower --batch-size.`,
    );
    expect(await messageOf({ model: smallnet({ classes: 2, inputSize: size }) })).toBe(
      "model: must have a class for each of the 3 of the data; got 2.",
    );
    expect(await messageOf({ guidance: { guidance: "extra" }, supervised: [] })).toBe(
      `${folder}: guidance "extra" must have pictures with masks or boxes; the split "train" has none. Add masks, or use --guidance self.`,
    );
  });
});
