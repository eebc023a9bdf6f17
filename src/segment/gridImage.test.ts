import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Loader, noAugmentation } from "../data/index.ts";
import { caffePreprocessing } from "../nn/options.ts";
import { smallnetPreprocessing } from "../nn/smallnet.ts";
import { Random } from "../random.ts";
import { gridImage } from "./gridImage.ts";

const side = 33;
const random = new Random(3);
const pixels = Uint8Array.from({ length: side * side * 3 }, () => random.int(256));

let folder = "";
let image = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-grid-"));
  image = join(folder, "noise.png");
  await sharp(pixels, { raw: { width: side, height: side, channels: 3 } }).toFile(image);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The bytes at every eighth pixel, [5, 5, 3]; of the mirrored picture if `flip`. */
function everyEighth(flip: boolean): number[] {
  const bytes: number[] = [];
  for (let y = 0; y < side; y += 8) {
    for (let x = 0; x < side; x += 8) {
      const start = 3 * (y * side + (flip ? side - 1 - x : x));
      bytes.push(...pixels.subarray(start, start + 3));
    }
  }
  return bytes;
}

test.each([
  ["RGB, as the small network wants them", smallnetPreprocessing],
  ["BGR, as Caffe wants them", caffePreprocessing],
])("the bytes of every eighth pixel come back from planes of %s", async (_, preprocessing) => {
  const loader = new Loader({ size: side, preprocessing, maskLabels: new Uint8Array(256) });
  const sample = { id: "noise", image, tags: [] };
  for (const flip of [false, true]) {
    const augmentation = { ...noAugmentation, flip };
    const { images } = await loader.load([{ sample, augmentation, withMask: false }]);
    expect([...gridImage(images, side, 5, preprocessing)]).toEqual(everyEighth(flip));
  }
  await loader.close();
});

test("values that no byte has are clipped", () => {
  const preprocessing = { channels: "rgb", mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
  expect([...gridImage(Float32Array.of(-3, 300, 7.5), 1, 1, preprocessing)]).toEqual([0, 255, 8]);
});
