import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Random } from "../random.ts";
import { drawAugmentation, noAugmentation } from "./augmentation.ts";
import { maskLabelsOf } from "./classes.ts";
import { writeIndexedPng } from "./indexedPng.ts";
import { type Item, Loader, type LoaderOptions } from "./loader.ts";
import type { Sample } from "./types.ts";

const options: LoaderOptions = {
  size: 8,
  preprocessing: { channels: "rgb", mean: [0, 0, 0], deviation: [255, 255, 255] },
  maskLabels: maskLabelsOf(["a"], ["a"]),
};

let folder = "";
const samples: Sample[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-loader-"));
  for (let n = 0; n < 6; n++) samples.push(await writeSample(n));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const loaders: Loader[] = [];
afterEach(async () => {
  for (const loader of loaders.splice(0)) await loader.close();
});

function open(extra: Partial<LoaderOptions> = {}): Loader {
  const loader = new Loader({ ...options, ...extra });
  loaders.push(loader);
  return loader;
}

/** A 16x16 picture, red where its mask has class 0 (a rectangle of its own), black elsewhere. */
async function writeSample(n: number): Promise<Sample> {
  const labels = new Uint8Array(256);
  for (let y = 2; y < 6 + n; y++) labels.fill(1, y * 16 + n, y * 16 + n + 6);
  const pixels = Buffer.from([...labels].flatMap((label) => [255 * label, 0, 0]));
  const image = join(folder, `${n}.png`);
  const mask = join(folder, `${n}-mask.png`);
  await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } }).toFile(image);
  await writeIndexedPng(mask, labels, 16, 16);
  return { id: String(n), image, tags: [0], mask };
}

function drawItems(seed: number): Item[] {
  const random = new Random(seed);
  return samples.map((sample) => ({
    sample,
    augmentation: drawAugmentation(random, { scale: [0.4, 1] }),
    withMask: true,
  }));
}

function plain(sample: Sample, flip: boolean = false, withMask: boolean = true): Item {
  return { sample, augmentation: { flip }, withMask };
}

test("batches do not depend on the number of threads, nor on the cache", async () => {
  const seeds = [1, 2, 3, 4, 5];
  const flips = samples.map((sample, n) => plain(sample, n % 2 === 0));
  const work = [...seeds.map(drawItems), flips, flips, flips];
  const one = open();
  const expected = await Promise.all(work.map((items) => one.load(items)));
  for (const extra of [{ threads: 3 }, { cacheBytes: 700 }, { threads: 2, cacheBytes: 1e6 }]) {
    const loader = open(extra);
    const batches = [];
    for (const items of work) batches.push(await loader.load(items));
    expect(batches).toEqual(expected);
    expect(await Promise.all(work.map((items) => loader.load(items)))).toEqual(expected);
  }
});

test("the mask goes where the picture goes", async () => {
  const loader = open();
  for (const seed of [1, 2, 3, 4]) {
    const { images, masks } = await loader.load(drawItems(seed));
    let agreeing = 0;
    for (let n = 0; n < samples.length; n++) {
      for (let i = 0; i < 64; i++) {
        const isRed = images[n * 192 + i] > 0.5;
        if (isRed === (masks?.[n * 64 + i] === 1)) agreeing++;
      }
    }
    // Bilinear pictures and nearest masks may differ along the edges.
    expect(agreeing).toBeGreaterThan(0.9 * 64 * samples.length);
  }
});

test("a flip mirrors picture and mask", async () => {
  const [sample] = samples;
  const { images, masks } = await open().load([plain(sample), plain(sample, true)]);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      expect(images[192 + y * 8 + x]).toBe(images[y * 8 + 7 - x]);
      expect(masks?.[64 + y * 8 + x]).toBe(masks?.[y * 8 + 7 - x]);
    }
  }
  expect(masks?.slice(0, 64)).not.toEqual(masks?.slice(64));
});

test("preprocessing subtracts, divides and orders the channels", async () => {
  const image = join(folder, "color.png");
  await sharp({ create: { width: 3, height: 3, channels: 3, background: "#0a141e" } }).toFile(
    image,
  );
  const preprocessing = { channels: "bgr", mean: [30, 10, 0], deviation: [1, 2, 5] } as const;
  const { images } = await open({ size: 1, preprocessing }).load([
    plain({ id: "color", image, tags: [] }, false, false),
  ]);
  expect([...images]).toEqual([0, 5, 2]);
});

test("a broken picture is replaced by the next readable one, and told", async () => {
  const image = join(folder, "broken.jpg");
  await writeFile(image, "no picture");
  const broken: Sample = { id: "broken", image, tags: [] };
  const small: Sample = { ...samples[0], id: "small", mask: join(folder, "small.png") };
  await writeIndexedPng(join(folder, "small.png"), new Uint8Array(4), 2, 2);
  const loader = open();
  const batch = await loader.load(
    [samples[0], small, broken, samples[1], broken].map((s) => plain(s)),
  );
  expect([...batch.sources]).toEqual([0, 3, 3, 3, 0]);
  expect(batch.failures).toMatchObject([
    {
      id: "small",
      file: join(folder, "small.png"),
      reason: "the mask is 2x2 pixels, its picture 16x16",
    },
    { id: "broken", file: image },
    { id: "broken", file: image },
  ]);
  expect(batch.images.slice(192, 384)).toEqual(batch.images.slice(3 * 192, 4 * 192));
  await expect(loader.load([plain(broken)])).rejects.toThrow("Replace the file, or leave it out.");
  expect((await loader.load([plain(samples[0])])).failures).toEqual([]);
});

test("boxes stand in for a mask, and items without one are void", async () => {
  const box = { classIndex: 0, left: 8, top: 0, right: 16, bottom: 16 };
  const boxed: Sample = { id: "boxed", image: samples[0].image, tags: [0], boxes: [box] };
  const loader = open();
  const { masks } = await loader.load([plain(boxed), plain(samples[1], false, false)]);
  expect([...(masks?.subarray(0, 8) ?? [])]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  expect(new Set(masks?.subarray(64))).toEqual(new Set([255]));
  const without = await loader.load([plain(boxed, false, false)]);
  expect(without).not.toHaveProperty("masks");
});

test("a closed loader rejects what is under way and what comes later", async () => {
  const loader = new Loader(options);
  const pending = expect(loader.load(samples.map((sample) => plain(sample)))).rejects.toThrow(
    "Loader: it was closed, and loads no more batches.",
  );
  await loader.close();
  await pending;
  await expect(loader.load([plain(samples[0])])).rejects.toThrow("Loader: it was closed");
});

test("an error in a thread rejects the batch", async () => {
  const loader = open();
  const malformed = {
    sample: { ...samples[0], image: 7 },
    augmentation: noAugmentation,
    withMask: false,
  };
  await expect(loader.load([malformed as unknown as Item])).rejects.toThrow();
  expect((await loader.load([plain(samples[0])])).failures).toEqual([]);
  const uncloneable = { ...plain(samples[0]), extra: () => 0 };
  await expect(loader.load([uncloneable])).rejects.toThrow("could not be cloned");
});

test("options out of range are rejected", () => {
  expect(() => new Loader({ ...options, threads: 0 })).toThrow(
    "Loader: threads must be a positive integer; got 0.",
  );
});
