import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeIndexedPng } from "./indexedPng.ts";
import { readDataset } from "./readDataset.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-dataset-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function picture(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await sharp({ create: { width: 4, height: 3, channels: 3, background: "#888" } }).toFile(
      join(folder, path),
    );
  }
}

async function mask(path: string, label: number): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeIndexedPng(join(folder, path), new Uint8Array(12).fill(label), 4, 3);
}

test("VOC: ids of Segmentation in file order, tags of Main, difficult is absent", async () => {
  await picture("voc/JPEGImages/a.jpg", "voc/JPEGImages/b.jpg", "voc/JPEGImages/c.png");
  await mask("voc/SegmentationClass/a.png", 8);
  await mask("voc/SegmentationClassAug/b.png", 12);
  await write("voc/ImageSets/Segmentation/train.txt", "b\na\n");
  await write("voc/ImageSets/Segmentation/val.txt", "c\r\nd\r\n");
  await write("voc/ImageSets/Main/cat_train.txt", "a  1\nb -1\nelsewhere 1\n");
  await write("voc/ImageSets/Main/dog_train.txt", "a  0\nb  1\nelsewhere -1\n");
  await write("voc/ImageSets/Main/cat_val.txt", "c  1\r\nd  1\r\n");
  const root = join(folder, "voc");
  const dataset = await readDataset(root, { classes: ["dog", "cat"] });
  expect(dataset).toMatchObject({
    root,
    format: "voc",
    classes: ["dog", "cat"],
    splits: {
      train: [
        { id: "b", tags: [0], mask: join(root, "SegmentationClassAug/b.png") },
        { id: "a", tags: [1], mask: join(root, "SegmentationClass/a.png") },
      ],
      val: [
        { id: "c", tags: [1], image: join(root, "JPEGImages/c.png") },
        { id: "d", tags: [1], image: join(root, "JPEGImages/d.jpg") },
      ],
    },
  });
  expect([0, 8, 12, 1, 21, 255].map((value) => dataset.maskLabels[value])).toEqual([
    0, 2, 1, 0, 254, 255,
  ]);
});

test("VOC: an id that Main does not list takes its tags from its mask", async () => {
  await picture("aug/JPEGImages/a.jpg", "aug/JPEGImages/b.jpg");
  await mask("aug/SegmentationClass/a.png", 8);
  await mask("aug/SegmentationClass/b.png", 3);
  await write("aug/ImageSets/Segmentation/train.txt", "a\nb\n");
  await write("aug/ImageSets/Segmentation/val.txt", "a\n");
  const { splits } = await readDataset(join(folder, "aug"), { classes: ["cat"] });
  expect(splits.train.map(({ tags }) => tags)).toEqual([[0], []]);
});

test("VOC's layout holds other classes: of classes.txt, or sorted", async () => {
  await picture("own/JPEGImages/a.jpg", "own/JPEGImages/b.jpg");
  await write("own/ImageSets/Main/red_kite_train.txt", "a 1\nb -1\n");
  await write("own/ImageSets/Main/boat_train.txt", "a -1\nb 1\n");
  await write("own/ImageSets/Main/val.txt", "b\n");
  const root = join(folder, "own");
  expect((await readDataset(root)).classes).toEqual(["boat", "red_kite"]);
  const list = await write("own/classes.txt", "background\nred_kite\nboat\n");
  const dataset = await readDataset(root);
  expect(dataset.classes).toEqual(["red_kite", "boat"]);
  expect(dataset.splits.train.map(({ id, tags }) => [id, ...tags])).toEqual([
    ["a", 0],
    ["b", 1],
  ]);
  await writeFile(list, "red_kite\n");
  await expect(readDataset(root)).rejects.toThrow(
    `${join(root, "ImageSets/Main/boat_train.txt")}: the tag "boat" is no class of ${list}. ` +
      "Add it there on a line of its own, or take the tag away.",
  );
});

test("VOC: a malformed line is an error that names the file and the line", async () => {
  await picture("bad/JPEGImages/a.jpg");
  const file = await write("bad/ImageSets/Main/cat_train.txt", "a 1\nb yes\n");
  await expect(readDataset(join(folder, "bad"), { classes: ["cat"] })).rejects.toThrow(
    `${file}: entry 2 must be an id and 1, -1 or 0; got "b yes". Correct the line.`,
  );
});

test("folders: classes are sorted, a fifth becomes val, and stays when pictures come", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `${i}.jpg`);
  await picture(
    ...names.map((name) => `folders/${Number.parseInt(name, 10) % 2 ? "b" : "a"}/${name}`),
  );
  await mask("folders/masks/a/2.png", 1);
  const root = join(folder, "folders");
  const before = await readDataset(root);
  expect(before.classes).toEqual(["a", "b"]);
  expect(before.splits.train.length + before.splits.val.length).toBe(40);
  expect(before.splits.val.length).toBeGreaterThan(2);
  expect(before.splits.val.length).toBeLessThan(16);
  const all = [...before.splits.train, ...before.splits.val];
  expect(all.filter((sample) => sample.mask !== undefined)).toMatchObject([
    { id: "a/2", tags: [0], image: join(root, "a/2.jpg"), mask: join(root, "masks/a/2.png") },
  ]);
  await picture("folders/a/new.jpg");
  const after = await readDataset(root);
  const ids = (samples: readonly { id: string }[]): string[] => samples.map(({ id }) => id);
  expect(ids(after.splits.val).filter((id) => id !== "a/new")).toEqual(ids(before.splits.val));
});

test("folders: train and val may lie above the classes", async () => {
  await picture("split/train/b/1.jpg", "split/train/a/2.jpg", "split/train/a/2.png");
  await picture("split/validation/a/3.jpg");
  const { splits, classes } = await readDataset(join(folder, "split"));
  expect(classes).toEqual(["a", "b"]);
  expect(splits.train.map(({ id, tags }) => [id, ...tags])).toEqual([
    ["train/a/2.jpg", 0],
    ["train/a/2.png", 0],
    ["train/b/1", 1],
  ]);
  expect(splits.val).toMatchObject([{ id: "validation/a/3", tags: [0] }]);
});

test("CSV and JSON tables hold the same data set", async () => {
  const csv = await write(
    "table/list.csv",
    'image,tags,mask,split\nx/1.jpg,"dog, boat",m/1.png,train\nx/2.jpg,dog;cat,,val\nx/3.jpg,,,\n',
  );
  const json = await write(
    "table/list.json",
    JSON.stringify([
      { image: "x/1.jpg", tags: ["dog", "boat"], mask: "m/1.png", split: "train" },
      { image: "x/2.jpg", tags: ["dog", "cat"], split: "val" },
      { image: "x/3.jpg", tags: [] },
    ]),
  );
  const dataset = await readDataset(csv);
  expect(await readDataset(json)).toEqual(dataset);
  expect(dataset.classes).toEqual(["boat", "cat", "dog"]);
  const root = join(folder, "table");
  expect(dataset.splits).toEqual({
    train: [
      { id: "x/1", image: join(root, "x/1.jpg"), tags: [0, 2], mask: join(root, "m/1.png") },
      { id: "x/3", image: join(root, "x/3.jpg"), tags: [] },
    ],
    val: [{ id: "x/2", image: join(root, "x/2.jpg"), tags: [1, 2] }],
  });
  const subset = await readDataset(csv, { classes: ["dog"] });
  expect(subset.splits.train.map(({ tags }) => tags)).toEqual([[0], []]);
  expect([1, 2, 3, 4].map((value) => subset.maskLabels[value])).toEqual([0, 0, 1, 254]);
});

test("JSON: boxes name their class, and tag the picture", async () => {
  const box = { left: 1, top: 2, right: 3, bottom: 3 };
  const json = await write(
    "boxes.json",
    JSON.stringify([{ image: "../up/1.jpg", tags: ["cat"], boxes: [{ tag: "dog", ...box }] }]),
  );
  const { splits } = await readDataset(json);
  expect(splits.train).toMatchObject([
    { id: "up/1", tags: [0, 1], boxes: [{ classIndex: 1, ...box }] },
  ]);
});

test.each([
  ["noTags.csv", "image,label\n1.jpg,cat\n", "row 1, tags: Invalid input"],
  ["broken.json", "[", "this is not JSON"],
  ["empty.json", "[]", "the table: Too small"],
  ["twice.csv", "image,tags\n1.jpg,a\n1.jpg,b\n", "rows 1 and 2 name the same picture, 1.jpg"],
  ["ragged.csv", "image,tags\n1.jpg,a,b,c\n", "this is not CSV"],
])("a malformed table is an error that names the row: %s", async (name, text, message) => {
  const file = await write(name, text);
  await expect(readDataset(file)).rejects.toThrow(`${file}: ${message}`);
});

test("a class that nobody knows, and one without pictures, are errors", async () => {
  const csv = await write("few.csv", "image,tags\n1.jpg,cat\n");
  await expect(readDataset(csv, { classes: ["cow"] })).rejects.toThrow(
    `${csv}: there is no class "cow". Choose from cat.`,
  );
  await expect(readDataset(csv, { classes: ["cat", "cat"] })).rejects.toThrow(
    `${csv}: the class "cat" is named twice. Name each class once.`,
  );
  await picture("lonely/a/1.jpg");
  await mkdir(join(folder, "lonely/b"));
  await expect(readDataset(join(folder, "lonely"))).rejects.toThrow(
    `${join(folder, "lonely")}: no picture has the class "b". ` +
      "Tag pictures with it, or choose the others (--classes a).",
  );
});

test("what is no data set is told with what one looks like", async () => {
  const nowhere = join(folder, "nowhere");
  await expect(readDataset(nowhere)).rejects.toThrow(
    `${nowhere}: there is no such file or folder. Check the path.`,
  );
  const text = await write("notes.txt", "");
  await expect(readDataset(text)).rejects.toThrow("a file must be a CSV or JSON table");
  await mkdir(join(folder, "hollow/x"), { recursive: true });
  await expect(readDataset(join(folder, "hollow"))).rejects.toThrow(
    "it has neither ImageSets (VOC) nor subfolders with pictures",
  );
  await write("kit/VOC2012/ImageSets/Main/cat_train.txt", "a 1\n");
  await expect(readDataset(join(folder, "kit"))).rejects.toThrow(
    `${join(folder, "kit")}: the data set is the folder VOC2012 in it. Give ${join(folder, "kit/VOC2012")}.`,
  );
});

test("masks of another folder replace the data set's own", async () => {
  await picture("masked/a/1.jpg", "masked/a/2.jpg");
  await mask("mine/a/2.png", 1);
  const root = join(folder, "masked");
  const { splits } = await readDataset(root, { masks: join(folder, "mine") });
  const samples = Object.values(splits).flat();
  expect(samples.filter((sample) => sample.mask).map(({ id }) => id)).toEqual(["a/2"]);
  await expect(readDataset(root, { masks: join(folder, "hollow") })).rejects.toThrow(
    "the folder of masks holds no <id>.png for any picture of the data set",
  );
});

const voc = resolve("../shared/data/voc-animals/VOCdevkit/VOC2012");
test.skipIf(!existsSync(voc))(
  "voc-animals has 3,131 and 222 pictures, all with masks",
  async () => {
    const { splits, maskLabels } = await readDataset(voc, {
      classes: ["cat", "cow", "dog", "horse", "sheep"],
    });
    expect(Object.keys(splits)).toEqual(["train", "val"]);
    expect([splits.train.length, splits.val.length]).toEqual([3131, 222]);
    const samples = [...splits.train, ...splits.val];
    expect(samples.every(({ tags, mask }) => tags.length > 0 && mask !== undefined)).toBe(true);
    expect([8, 10, 12, 13, 17, 15].map((value) => maskLabels[value])).toEqual([1, 2, 3, 4, 5, 0]);
  },
);

test("links to folders are folders, and links to nothing are passed over", async () => {
  await picture("elsewhere/cats/a.jpg", "linked/dog/b.jpg");
  await symlink(join(folder, "elsewhere/cats"), join(folder, "linked/cat"));
  await symlink(join(folder, "gone"), join(folder, "linked/bird"));
  const { classes, splits } = await readDataset(join(folder, "linked"));
  expect(classes).toEqual(["cat", "dog"]);
  expect(splits.train.map(({ id }) => id).sort()).toEqual(["cat/a", "dog/b"]);
});
