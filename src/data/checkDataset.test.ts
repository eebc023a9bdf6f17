import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkDataset } from "./checkDataset.ts";
import { writeIndexedPng } from "./indexedPng.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "gain-check-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("every problem is listed with its file and cure, and the rest is counted", async () => {
  for (const name of ["JPEGImages", "SegmentationClass", "ImageSets/Main"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  const image = (id: string): string => join(root, "JPEGImages", `${id}.jpg`);
  const mask = (id: string): string => join(root, "SegmentationClass", `${id}.png`);
  const jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#888" } })
    .jpeg()
    .toBuffer();
  for (const id of ["good", "small", "illegal", "untagged"]) await writeFile(image(id), jpeg);
  await writeFile(image("cut"), jpeg.subarray(0, jpeg.length / 2));
  await writeIndexedPng(mask("good"), new Uint8Array(1200).fill(1), 40, 30);
  await writeIndexedPng(mask("small"), new Uint8Array(1200), 30, 40);
  await writeIndexedPng(mask("illegal"), new Uint8Array(1200).fill(9), 40, 30);
  await writeFile(join(root, "classes.txt"), "cup\npot\n");
  await writeFile(
    join(root, "ImageSets/Main/cup_train.txt"),
    "good 1\nsmall 1\nillegal 1\nuntagged -1\ncut 1\ngone 1\n",
  );
  await writeFile(join(root, "ImageSets/Main/val.txt"), "");

  const progress: string[] = [];
  const report = await checkDataset(root, {
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  expect(progress).toEqual(["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report).toMatchObject({
    root,
    format: "voc",
    classes: ["cup", "pot"],
    maskValues: { cup: 1, pot: 2 },
    splits: {
      train: { images: 6, classes: { cup: 5, pot: 0 }, untagged: 1, masks: 3, boxes: 0 },
      val: { images: 0 },
    },
  });
  const listed = report.problems.map(({ file, reason }) => `${file}: ${reason}`);
  expect(listed).toEqual([
    `${root}: no picture has the class "pot"`,
    `${root}: the split "val" is empty`,
    `${mask("small")}: the mask is 30x40 pixels, its picture 40x30`,
    `${mask("illegal")}: the mask's pixel (0, 0) has the value 9, which stands for no class`,
    `${image("untagged")}: the picture has no tag`,
    expect.stringContaining(`${image("cut")}: the picture cannot be decoded`),
    `${image("gone")}: there is no such picture, or it may not be read`,
  ]);
});

test("a box outside its picture is a problem", async () => {
  await sharp({ create: { width: 4, height: 4, channels: 3, background: "#888" } }).toFile(
    join(root, "1.png"),
  );
  const box = { tag: "cup", left: 0, top: 0, right: 5, bottom: 4 };
  const table = join(root, "boxes.json");
  await writeFile(
    table,
    JSON.stringify([
      { image: "1.png", tags: [], boxes: [box] },
      { image: "1.jpg", tags: ["pot"], split: "val" },
    ]),
  );
  const { problems, splits } = await checkDataset(table);
  expect(splits.train.boxes).toBe(1);
  expect(problems[0]).toEqual({
    file: join(root, "1.png"),
    reason: "a box ends at (5, 4), outside the 4x4 pixels of the picture",
    fix: "Give boxes in pixels of the upright picture",
  });
});
