import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cuesOfMasks } from "../../test/cli/tinyCues.ts";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { CrfPool, denseCrf, scaledCrf, secCrf } from "../crf/index.ts";
import { type Dataset, Loader, noAugmentation, readDataset } from "../data/index.ts";
import { createSegmentationModel, initialParameters } from "../nn/index.ts";
import { Random } from "../random.ts";
import { Executor, type TensorData } from "../runtime/index.ts";
import { type CueSet, secStep } from "../sec/index.ts";
import {
  type Checkpoint,
  readCheckpoint,
  type StepReport,
  writeCheckpoint,
} from "../train/index.ts";
import { Trainer, type TrainerOptions } from "../train/trainer.ts";
import { gridImage } from "./gridImage.ts";
import { cueRows, resampleGrid } from "./gridLayout.ts";
import { type SecObjectiveOptions, secObjective } from "./secObjective.ts";
import { Segmenter } from "./segmenter.ts";

const model = createSegmentationModel("smallnet_largefov", { classes: 2, inputSize: 33 });

let folder = "";
let dataset: Dataset;
let cues: CueSet;
beforeAll(async () => {
  folder = await temporaryFolder();
  dataset = await readDataset(await tinyData(folder));
  // Resampled to the score map's 5 places, a grid of 9 mirrors exactly.
  cues = await cuesOfMasks(dataset, 9);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const trainers: Trainer[] = [];
afterEach(async () => {
  for (const trainer of trainers.splice(0)) await trainer.close();
});

const losses = {
  seedWeight: 1,
  expandWeight: 1,
  constrainWeight: 1,
  foregroundDecay: 0.996,
  backgroundDecay: 0.999,
};

type Options = Omit<TrainerOptions, "objective"> & SecObjectiveOptions;

async function start(given: Partial<Options> = {}): Promise<Trainer> {
  const options: Options = {
    model,
    dataset,
    cues: cues.grids,
    cueSize: cues.size,
    losses,
    dropout: true,
    crf: secCrf,
    crfScale: 12,
    startPool: () => new CrfPool({ threads: 1 }),
    steps: 6,
    batchSize: 4,
    accumulate: 1,
    optimizer: { kind: "sgd", form: "caffe", momentum: 0.9, weightDecay: 5e-4 },
    schedule: { kind: "step", every: 2, factor: 0.1 },
    learningRate: 1e-3,
    headRateFactor: 10,
    biasRateFactor: 2,
    augmentation: { flip: 0.5 },
    seed: 1,
    threads: 1,
    device: "cpu",
    ...given,
  };
  const trainer = await Trainer.start({ ...options, objective: secObjective(options) });
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
    const { imagesPerSecond: _, ...report } = await trainer.next();
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

test("a run of the same seed ends with the same bytes, of another seed with others", async () => {
  const runs = [];
  for (const seed of [1, 1, 2]) {
    const trainer = await start({ seed });
    runs.push({ reports: await steps(trainer, 3), end: digestsOf(await trainer.checkpoint()) });
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2].end.tensors).not.toEqual(runs[0].end.tensors);
});

test("activations that are computed again give the step of those that are kept", async () => {
  const [kept, again] = [await start({ recompute: false }), await start({ recompute: true })];
  expect(await steps(again, 1)).toEqual(await steps(kept, 1));
  const [expected, actual] = [await kept.checkpoint(), await again.checkpoint()];
  for (const [name, { data }] of expected.tensors) {
    const values = actual.tensors.get(name)?.data ?? [];
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = data.reduce((most, value, i) => Math.max(most, Math.abs(values[i] - value)), 0);
    // Where the halves meet, values lie in another order, in which sums are rounded differently.
    expect(error, name).toBeLessThanOrEqual(1e-5 * largest);
  }
});

test("the CRF's threads change nothing", async () => {
  const ends = [];
  for (const threads of [1, 3]) {
    const trainer = await start({ startPool: () => new CrfPool({ threads }) });
    ends.push({ reports: await steps(trainer, 2), end: digestsOf(await trainer.checkpoint()) });
  }
  expect(ends[1]).toEqual(ends[0]);
});

test.each([1, 2])(
  "resumed, with %i batches a step, it ends as if it had never stopped",
  async (accumulate) => {
    const whole = await start({ accumulate });
    await steps(whole, 2);
    const path = join(folder, "checkpoint.safetensors");
    await writeCheckpoint(path, await whole.checkpoint());
    const expected = await steps(whole, 2);
    const end = digestsOf(await whole.checkpoint());

    const second = await start({ accumulate });
    await second.restore(await readCheckpoint(path));
    expect(await steps(second, 2)).toEqual(expected);
    expect(digestsOf(await second.checkpoint())).toEqual(end);
  },
);

test("training lowers the loss", async () => {
  const adam = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 } as const;
  const options = { optimizer: adam, headRateFactor: 1, dropout: false };
  const trainer = await start({ ...options, schedule: { kind: "constant" }, steps: 30 });
  const all = (await steps(trainer, 30)).map((report) => report.losses.loss);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  expect(mean(all.slice(-5))).toBeLessThan(0.8 * mean(all.slice(0, 5)));
});

test("two batches of 2 accumulated move the parameters as one of 4 does", async () => {
  const plain = {
    dropout: false,
    augmentation: { flip: 0 },
    dataset: { ...dataset, splits: { train: dataset.splits.train.slice(0, 4) } },
    optimizer: { kind: "sgd", form: "caffe", momentum: 0, weightDecay: 0 },
    // Large: of parameters of order 0.1 only five places of a step of 1e-3 would be left.
    learningRate: 1,
    headRateFactor: 1,
  } as const satisfies Partial<Options>;
  const whole = await start({ ...plain, batchSize: 4 });
  const parts = await start({ ...plain, batchSize: 2, accumulate: 2 });
  const before = (await whole.checkpoint()).tensors;
  const [[one], [two]] = [await steps(whole, 1), await steps(parts, 1)];
  for (const name of ["loss", "seed", "expand", "constrain"]) {
    expect(two.losses[name], name).toBeCloseTo(one.losses[name], 5);
  }
  const [a, b] = [(await whole.checkpoint()).tensors, (await parts.checkpoint()).tensors];
  for (const [name, { data }] of before) {
    let [difference, length] = [0, 0];
    data.forEach((value, i) => {
      const [x, y] = [a.get(name)?.data[i] ?? 0, b.get(name)?.data[i] ?? 0];
      difference += (x - y) ** 2;
      length += (x - value) ** 2;
    });
    expect(length, name).toBeGreaterThan(0);
    expect(Math.sqrt(difference / length), name).toBeLessThan(1e-3);
  }
});

test("without the constrain loss the CRF is never started", async () => {
  const trainer = await start({
    losses: { ...losses, constrainWeight: 0 },
    startPool: () => {
      throw new Error("the CRF was started");
    },
  });
  const [report] = await steps(trainer, 1);
  expect(Object.keys(report.losses).sort()).toEqual(["expand", "loss", "seed"]);
});

describe("the first step", () => {
  /** All four training pictures as they are, in the data set's order. */
  const batchSize = 4;
  const plain = { dropout: false, augmentation: { flip: 0 }, batchSize } as const;

  async function first(): Promise<{ dataset: Dataset; images: Float32Array }> {
    const train = dataset.splits.train.slice(0, batchSize);
    const { inputSize: size, preprocessing } = model;
    const loader = new Loader({ size, preprocessing, maskLabels: dataset.maskLabels });
    const items = train.map((sample) => ({
      sample,
      augmentation: noAugmentation,
      withMask: false,
    }));
    const { images } = await loader.load(items);
    await loader.close();
    return { dataset: { ...dataset, splits: { train } }, images };
  }

  /** What the objective should feed, worked out by hand: the CRF of the negative scores. */
  async function byHand(executor: Executor, of: Dataset, images: Float32Array) {
    const segmenter = await Segmenter.start(executor, model, { batchSize });
    const maps = await segmenter.scores(images);
    const [labels, side] = [model.classes + 1, model.outputSize];
    const size = labels * side * side;
    const target = new Float32Array(batchSize * size);
    const planes = new Float32Array(batchSize * size);
    const tags = new Float32Array(batchSize * model.classes);
    const pixels = images.length / batchSize;
    for (const [n, { id, tags: own }] of of.splits.train.entries()) {
      const picture = images.subarray(n * pixels, (n + 1) * pixels);
      const image = gridImage(picture, model.inputSize, side, model.preprocessing);
      const unary = maps[n].scores.map((score) => -score);
      const problem = { unary, image, classes: labels, width: side, height: side };
      target.set(denseCrf(problem, scaledCrf(secCrf, 12)), n * size);
      const grid = resampleGrid(cues.grids.get(id) ?? new Uint8Array(0), cues.size, side);
      cueRows(planes.subarray(n * size, (n + 1) * size), grid, model.classes);
      for (const tag of own) tags[n * model.classes + tag] = 1;
    }
    return { scores: maps.map(({ scores }) => scores), target, cues: planes, tags };
  }

  async function withExecutor<T>(work: (executor: Executor) => Promise<T>): Promise<T> {
    const executor = await Executor.start({ device: "cpu", threads: 1 });
    try {
      await executor.setState(initialParameters(model, new Random(1).fork("parameters")));
      return await work(executor);
    } finally {
      await executor.close();
    }
  }

  const value = (results: ReadonlyMap<string, TensorData>, name: string): number =>
    results.get(name)?.data[0] ?? Number.NaN;

  test("has the losses of the whole graph that is fed the CRF's marginals by hand", async () => {
    const { dataset: four, images } = await first();
    const trainer = await start({ ...plain, dataset: four });
    const [{ losses: cutLosses }] = await steps(trainer, 1);
    const whole = await withExecutor(async (executor) => {
      const { scores: _, ...feeds } = await byHand(executor, four, images);
      const step = secStep(model, { images: batchSize, dropout: false }, losses);
      const program = await executor.compile({ outputs: { ...step.losses } });
      return program.run({ images, ...feeds });
    });
    for (const name of ["loss", "seed", "expand", "constrain"]) {
      // The two graphs may add in another order, and see the batch in another.
      expect(cutLosses[name], name).toBeCloseTo(value(whole, name), 5);
    }
    const { seed, expand, constrain, loss } = cutLosses;
    expect(loss).toBeCloseTo(seed + expand + constrain, 5);
    expect(constrain).toBeGreaterThan(1e-3);
  });

  test("has the constrain loss of its equation", async () => {
    const { dataset: four, images } = await first();
    const trainer = await start({ ...plain, dataset: four });
    const [{ losses: cutLosses }] = await steps(trainer, 1);
    const { scores, target } = await withExecutor((executor) => byHand(executor, four, images));
    const places = model.outputSize ** 2;
    const labels = model.classes + 1;
    let total = 0;
    for (const [n, map] of scores.entries()) {
      for (let i = 0; i < places; i++) {
        const column = (values: Float32Array, start: number): number[] =>
          Array.from({ length: labels }, (_, c) => values[start + c * places + i]);
        const sumOf = (values: number[]) => values.reduce((a, b) => a + b);
        const powers = column(map, 0).map(Math.exp);
        const p = powers.map((power) => (power / sumOf(powers) + 1e-4) / (1 + labels * 1e-4));
        const clipped = column(target, n * labels * places).map((q) => Math.max(q, 1e-4));
        for (const [c, q] of clipped.entries()) {
          const share = q / sumOf(clipped);
          total += share * Math.log(share / p[c]);
        }
      }
    }
    expect(cutLosses.constrain).toBeCloseTo(total / (batchSize * places), 5);
  });

  test("sees pictures, cues and CRF mirrored together", async () => {
    // The mirror image of the data, cues and all, not flipped, is the data flipped.
    const { dataset: four } = await first();
    const mirrored = new Map(
      [...cues.grids].map(([id, grid]) => {
        const rows = Array.from({ length: cues.size }, (_, y) =>
          [...grid.subarray(y * cues.size, (y + 1) * cues.size)].reverse(),
        );
        return [id, Uint8Array.from(rows.flat())] as const;
      }),
    );
    const flipped = { ...plain, dataset: four, augmentation: { flip: 1 } };
    const [right] = await steps(await start(flipped), 1);
    const [wrong] = await steps(await start({ ...flipped, cues: mirrored }), 1);
    const target = await withExecutor(async (executor) => {
      const { inputSize: size, preprocessing } = model;
      const loader = new Loader({ size, preprocessing, maskLabels: dataset.maskLabels });
      const items = four.splits.train.map((sample) => ({
        sample,
        augmentation: { flip: true },
        withMask: false,
      }));
      const { images } = await loader.load(items);
      await loader.close();
      const feeds = await byHand(executor, four, images);
      const rows = new Float32Array(feeds.cues.length);
      const size2 = feeds.cues.length / batchSize;
      for (const [n, { id }] of four.splits.train.entries()) {
        const grid = mirrored.get(id) ?? new Uint8Array(0);
        const resized = resampleGrid(grid, cues.size, model.outputSize);
        cueRows(rows.subarray(n * size2, (n + 1) * size2), resized, model.classes);
      }
      const step = secStep(model, { images: batchSize, dropout: false }, losses);
      const program = await executor.compile({ outputs: { ...step.losses } });
      const { scores: _, ...rest } = feeds;
      return program.run({ images, ...rest, cues: rows });
    });
    for (const name of ["seed", "constrain"]) {
      expect(right.losses[name], name).toBeCloseTo(value(target, name), 5);
    }
    expect(Math.abs(wrong.losses.seed - right.losses.seed)).toBeGreaterThan(1e-4);
  });
});

test("dropout changes the losses of training", async () => {
  const [dropped] = await steps(await start({ dropout: true }), 1);
  const [whole] = await steps(await start({ dropout: false }), 1);
  expect(dropped.losses.loss).not.toBe(whole.losses.loss);
});
