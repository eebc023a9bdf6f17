import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { secCrf } from "../crf/index.ts";
import { type Dataset, Loader, noAugmentation, readDataset } from "../data/index.ts";
import { createSegmentationModel, initialParameters } from "../nn/index.ts";
import { Random } from "../random.ts";
import { Executor } from "../runtime/index.ts";
import { refineMask } from "./refineMask.ts";
import { Segmenter } from "./segmenter.ts";
import { type SampleMask, type SegmentSamplesOptions, segmentSamples } from "./segmentSamples.ts";

const model = createSegmentationModel("smallnet_largefov", { classes: 2, inputSize: 33 });
const batchSize = 3;

/** SEC's, for pictures of VOC's size. */
const pictureCrf = { ...secCrf, side: 500 };

let folder = "";
let dataset: Dataset;
let executor: Executor;
let segmenter: Segmenter;
beforeAll(async () => {
  folder = await temporaryFolder();
  dataset = await readDataset(await tinyData(folder));
  executor = await Executor.start({ device: "cpu", threads: 1 });
  // Biases that are all alike would leave the background everywhere.
  const parameters = initialParameters(model, new Random(4).fork("parameters"));
  const scaled = [...parameters].map(([name, { shape, data }]) => {
    const values = name === "fc8.weight" ? data.map((value) => 100 * value) : data;
    return [name, { shape, data: values }] as const;
  });
  await executor.setState(new Map(scaled));
  segmenter = await Segmenter.start(executor, model, { batchSize });
});
afterAll(async () => {
  await executor.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => vi.restoreAllMocks());

const masksOf = (more: Partial<SegmentSamplesOptions> = {}): AsyncGenerator<SampleMask> =>
  segmentSamples({ segmenter, model, samples: dataset.splits.train, threads: 2, ...more });

async function all(more: Partial<SegmentSamplesOptions> = {}): Promise<SampleMask[]> {
  const found: SampleMask[] = [];
  for await (const one of masksOf(more)) found.push(one);
  return found;
}

test.each([
  ["without", undefined],
  ["with", pictureCrf],
])(
  "%s the CRF, each picture's mask is that of its own scores, in the samples' order",
  async (_, crf) => {
    const found = await all({ crf });
    expect(found.map(({ sample }) => sample)).toEqual(dataset.splits.train);
    expect(new Set(found.flatMap(({ mask }) => [...mask.labels])).size).toBeGreaterThan(1);
    const { inputSize: size, preprocessing } = model;
    const loader = new Loader({ size, preprocessing, maskLabels: dataset.maskLabels });
    for (const { sample, mask } of found.slice(0, 4)) {
      const item = { sample, augmentation: noAugmentation, withMask: false };
      const [map] = await segmenter.scores((await loader.load([item])).images);
      const { image } = sample;
      expect(mask).toEqual(await refineMask({ ...map, image, ...(crf && { crf }) }));
    }
    await loader.close();
  },
);

test("with tags, a mask has its picture's own only; a picture without a tag may have all", async () => {
  const bare = { ...dataset.splits.train[0], tags: [] };
  const samples = [...dataset.splits.train.slice(0, 6), bare];
  const restricted = await all({ samples, useTags: true });
  for (const { sample, mask } of restricted.slice(0, 6)) {
    const allowed = new Set([0, ...sample.tags.map((tag) => tag + 1)]);
    expect([...new Set(mask.labels)].filter((label) => !allowed.has(label))).toEqual([]);
  }
  expect(restricted[6].mask).toEqual((await all({ samples: [bare] }))[0].mask);
});

test("pictures that cannot be read are told and skipped, wherever they stand", async () => {
  const broken = join(folder, "broken.jpg");
  await writeFile(broken, "no picture");
  const missing = { id: "missing", image: join(folder, "missing.jpg"), tags: [0] };
  const bad = { id: "broken", image: broken, tags: [0] };
  const [a, b, c] = dataset.splits.train;
  // A batch of which none can be read, and one of which some can.
  const samples = [bad, missing, bad, a, missing, b, c, bad];
  const told: string[] = [];
  const found = await all({
    samples,
    onFailure: ({ id, reason }) => told.push(`${id}: ${reason}`),
  });
  expect(found.map(({ sample }) => sample.id)).toEqual([a.id, b.id, c.id]);
  expect(found.map(({ mask }) => mask)).toEqual(
    (await all({ samples: [a, b, c] })).map(({ mask }) => mask),
  );
  expect(told.map((text) => text.split(":")[0])).toEqual([
    ...["broken", "missing", "broken", "missing", "broken"],
  ]);
});

test("at most two batches and a picture for each thread are waited for", async () => {
  const train = dataset.splits.train;
  const samples = [...train, ...train, ...train];
  const threads = 2;
  let scored = 0;
  const { scores } = segmenter;
  vi.spyOn(segmenter, "scores").mockImplementation(async (images) => {
    const maps = await scores.call(segmenter, images);
    scored += maps.length;
    return maps;
  });
  let [taken, most] = [0, 0];
  for await (const _ of masksOf({ samples, threads })) {
    // Of those that were scored, this one and those before it are done with.
    most = Math.max(most, scored - taken);
    taken++;
    if (taken % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(taken).toBe(samples.length);
  expect(most).toBeLessThanOrEqual(2 * batchSize + threads);
});

test("an aborted call ends with the reason and gives back its threads", async () => {
  const controller = new AbortController();
  const found: string[] = [];
  const run = async (): Promise<void> => {
    for await (const { sample } of masksOf({ signal: controller.signal })) {
      found.push(sample.id);
      controller.abort(new Error("enough"));
    }
  };
  await expect(run()).rejects.toThrow("enough");
  expect(found.length).toBeLessThan(dataset.splits.train.length);
  // The network is there still.
  expect(await all({ samples: dataset.splits.train.slice(0, 1) })).toHaveLength(1);
});

test("a reader that leaves early leaves nothing behind", async () => {
  for await (const { sample } of masksOf({ crf: pictureCrf })) {
    expect(sample.id).toBe(dataset.splits.train[0].id);
    break;
  }
  expect(await all({ samples: dataset.splits.train.slice(0, 2) })).toHaveLength(2);
});

test("an error that is not the data's ends the call", async () => {
  const crf = { ...pictureCrf, iterations: -1 };
  await expect(all({ crf })).rejects.toThrow(/iterations/);
});

test("a picture that is gone once it was scored is told, and the others go on", async () => {
  const [first, second] = dataset.splits.train;
  const gone = join(folder, "gone.jpg");
  await copyFile(first.image, gone);
  const { scores } = segmenter;
  vi.spyOn(segmenter, "scores").mockImplementation(async (images) => {
    await rm(gone);
    return scores.call(segmenter, images);
  });
  const told: string[] = [];
  const found = await all({
    samples: [{ ...first, image: gone }, second],
    onFailure: ({ file, reason }) => told.push(`${file}: ${reason}`),
  });
  expect(told).toEqual([expect.stringMatching(/gone\.jpg: .*there is no such picture/)]);
  expect(found.map(({ sample }) => sample.id)).toEqual([second.id]);
});
