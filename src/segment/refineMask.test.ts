import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { scaledCrf, secCrf } from "../crf/index.ts";
import { DataError, type LabelMap } from "../data/index.ts";
import { type PictureCrf, type RefineRequest, refineMask } from "./refineMask.ts";

/** SEC's, for pictures of 33 pixels. */
const crf: PictureCrf = { ...secCrf, side: 33 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-refine-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Dark on the left, bright from column `edge` on. */
async function picture(
  name: string,
  { width, height, edge = width / 2, orientation = 1 }: PictureOptions,
): Promise<string> {
  const pixels = Uint8Array.from({ length: width * height }, (_, i) =>
    i % width < edge ? 30 : 220,
  );
  const path = join(folder, name);
  await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace("srgb")
    .withMetadata({ orientation })
    .toFile(path);
  return path;
}

interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly edge?: number;
  /** Of EXIF: 6 is turned by a quarter. */
  readonly orientation?: number;
}

/** Scores [3, 5, 5] of an input of 33: class 1 from column 2 on, class 2 nowhere quite. */
function request(image: string, more: Partial<RefineRequest> = {}): RefineRequest {
  const scores = new Float32Array(75);
  for (let i = 0; i < 25; i++) {
    scores[25 + i] = i % 5 >= 2 ? 3 : -3;
    scores[50 + i] = i % 5 >= 2 ? 2 : -4;
  }
  return { image, scores, classes: 3, side: 5, inputSize: 33, ...more };
}

const row = ({ labels, width }: LabelMap, y: number): number[] => [
  ...labels.subarray(y * width, (y + 1) * width),
];

test("a mask is as large as its picture, upright as EXIF turns it", async () => {
  const plain = await picture("plain.png", { width: 17, height: 9 });
  expect(await refineMask(request(plain))).toMatchObject({ width: 17, height: 9 });
  const turned = await picture("turned.jpg", { width: 24, height: 40, orientation: 6 });
  const mask = await refineMask(request(turned, { crf }));
  expect(mask).toMatchObject({ width: 40, height: 24 });
  expect(mask.labels).toHaveLength(960);
});

test("without the CRF a pixel has its likeliest label", async () => {
  const image = await picture("likely.png", { width: 33, height: 4 });
  const mask = await refineMask(request(image));
  // Scores are even halfway between columns 1 and 2: at pixel 12 of 33.
  const expected = Array.from({ length: 33 }, (_, x) => (x > 12 ? 1 : 0));
  for (let y = 0; y < 4; y++) expect(row(mask, y)).toEqual(expected);
});

test("the CRF moves the mask's edge to the picture's", async () => {
  const image = await picture("edge.png", { width: 33, height: 33, edge: 15 });
  const mask = await refineMask(request(image, { crf }));
  const expected = Array.from({ length: 33 }, (_, x) => (x >= 15 ? 1 : 0));
  expect(row(mask, 16)).toEqual(expected);
});

test("the CRF's distances are scaled to the picture's longest side", async () => {
  const image = await picture("scaled.png", { width: 33, height: 20, edge: 14 });
  const forLarger = await refineMask(request(image, { crf: { ...secCrf, side: 66 } }));
  const halved = { ...scaledCrf(secCrf, 2), side: 33 };
  expect(forLarger).toEqual(await refineMask(request(image, { crf: halved })));
});

test("only the labels that are allowed occur, under their own numbers", async () => {
  const image = await picture("allowed.png", { width: 33, height: 33 });
  for (const refinement of [{}, { crf }]) {
    const mask = await refineMask(request(image, { labels: [0, 2], ...refinement }));
    expect(new Set(mask.labels)).toEqual(new Set([0, 2]));
  }
});

test("a picture beyond 1024 pixels is worked on smaller, and its mask enlarged", async () => {
  const image = await picture("large.png", { width: 4096, height: 64 });
  const mask = await refineMask(request(image));
  expect(mask).toMatchObject({ width: 4096, height: 64 });
  // In blocks of 4 x 4 pixels.
  const line = row(mask, 0);
  const start = line.indexOf(1);
  expect(start % 4).toBe(0);
  expect(Math.abs(start - (12 / 32) * 4096)).toBeLessThan(8);
  expect(line.slice(start)).toEqual(new Array(4096 - start).fill(1));
  expect(row(mask, 63)).toEqual(line);
  const thin = await picture("thin.png", { width: 2500, height: 1 });
  expect(await refineMask(request(thin))).toMatchObject({ width: 2500, height: 1 });
});

test("what is no picture is told by its path", async () => {
  const path = join(folder, "text.jpg");
  await writeFile(path, "no picture");
  const error = await refineMask(request(path)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  expect(String(error)).toContain(`${path}: the picture cannot be decoded`);
});
