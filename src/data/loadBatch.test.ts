import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder, drawing } from "../../test/dataFolder.ts";
import { noAugmentation } from "./augmentation.ts";
import { openDataset } from "./index.ts";
import { loadBatch } from "./loadBatch.ts";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

const preprocessing = { channels: "rgb", mean: [0, 0, 0], deviation: [1, 1, 1] } as const;

test("polygons and boxes of another tool are drawn at the picture's size, and cropped with it", async () => {
  await folder.pictures(["images/a.jpg", "images/b.jpg"], 8, 4);
  await folder.write("labels/a.txt", "0 0.5 0 1 0 1 1 0.5 1\n");
  await folder.write("labels/b.txt", "1 0.25 0.5 0.5 0.5\n");
  await folder.write("data.yaml", "train: images\nval: images\nnames: [cat, dog]\n");
  const { splits, maskLabels } = await openDataset(folder.path);
  const crop = { left: 0.25, top: 0.25, width: 0.5, height: 0.5 };
  const items = splits.train.flatMap((sample) => [
    { sample, augmentation: noAugmentation, withMask: true },
    { sample, augmentation: { flip: true, crop }, withMask: true },
  ]);
  const { batch } = await loadBatch(items, { size: 4, preprocessing, maskLabels });
  expect(batch.failures).toEqual([]);
  const labels = batch.masks ?? new Uint8Array(0);
  const [a, flipped, b] = [0, 1, 2].map((n) =>
    drawing({ width: 4, labels: labels.subarray(16 * n, 16 * (n + 1)) }),
  );
  expect(a).toEqual(["0011", "0011", "0011", "0011"]);
  expect(flipped).toEqual(["1100", "1100", "1100", "1100"]);
  expect(b).toEqual(["0000", "2200", "2200", "0000"]);
});
