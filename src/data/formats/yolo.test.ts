import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder, drawing, expectMessage, samplesIn } from "../../../test/dataFolder.ts";
import { pixelBoxes, readBoxes } from "../boxes.ts";
import { decodeMask, openDataset } from "../index.ts";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

const yaml = "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n";

/** A data set with one training picture of 8x4 pixels and these labels; returns its YAML file. */
async function labelled(name: string, labels: string, text = yaml): Promise<string> {
  await folder.pictures([`${name}/images/train/a.jpg`, `${name}/images/val/b.jpg`], 8, 4);
  await folder.write(`${name}/labels/train/a.txt`, labels);
  return folder.write(`${name}/data.yaml`, text);
}

test("boxes and polygons stay shares of the picture until they are drawn", async () => {
  const file = await labelled("both", "1 0.375 0.5 0.25 0.5\r\n0 0.5 0 1 0 1 1 0.5 1\n");
  const dataset = await openDataset(folder.at("both"));
  expect(await openDataset(file)).toEqual(dataset);
  expect(dataset).toMatchObject({
    root: folder.at("both"),
    format: "yolo",
    classes: ["cat", "dog"],
    splits: {
      train: [{ id: "images/train/a", image: folder.at("both/images/train/a.jpg"), tags: [0, 1] }],
      val: [{ id: "images/val/b", tags: [] }],
    },
  });
  const [sample] = dataset.splits.train;
  const { mask = "" } = sample;
  // The dog has a box only: void.
  expect(drawing(await decodeMask(mask, dataset.maskLabels))).toEqual([
    "00001111",
    "00##1111",
    "00##1111",
    "00001111",
  ]);
  expect(pixelBoxes((await readBoxes(sample)) ?? [], { width: 8, height: 4 })).toEqual([
    { classIndex: 1, left: 2, top: 1, right: 4, bottom: 3 },
    { classIndex: 0, left: 4, top: 0, right: 8, bottom: 4 },
  ]);
});

test("rows of boxes only are boxes, and no mask; of pose files the points are not read", async () => {
  const boxes = await openDataset(await labelled("boxes", "1 0.3 0.5 0.2 0.5\n"));
  expect(boxes.splits.train[0].mask).toBeUndefined();
  expect(boxes.splits.train[0].boxes).toHaveLength(1);
  const pose = await labelled(
    "pose",
    "0 0.3 0.5 0.2 0.5 0.3 0.5 2 0.1 7 0\n",
    `${yaml}kpt_shape: [2, 3]\n`,
  );
  const { splits } = await openDataset(pose);
  expect(splits.train[0].mask).toBeUndefined();
  expect(splits.train[0].boxes).toMatchObject([{ classIndex: 0, unit: "share" }]);
});

test("splits may be lists of paths, and lie one folder too high as Roboflow writes them", async () => {
  await folder.pictures(
    ["robo/train/images/a.jpg", "robo/train/images/c.jpg", "robo/valid/images/b.jpg"],
    10,
    4,
  );
  await folder.write("robo/train/labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  const file = await folder.write(
    "robo/data.yaml",
    "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n\nnc: 2\nnames: ['cat', 'dog']\n",
  );
  const { splits, classes } = await openDataset(file);
  expect(classes).toEqual(["cat", "dog"]);
  expect(splits).toMatchObject({
    train: [
      { id: "train/images/a", tags: [0] },
      { id: "train/images/c", tags: [] },
    ],
    val: [{ id: "valid/images/b" }],
  });
  await folder.write("robo/train.txt", "./train/images/c.jpg\ntrain/images/a.jpg\n");
  await folder.write(
    "robo/other.yaml",
    "path: /where/the/author/had/it\ntrain: [train.txt]\nnames: {0: cat}\n",
  );
  const listed = await openDataset(folder.at("robo/other.yaml"));
  expect(
    samplesIn(listed)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(["train/images/a", "train/images/c"]);
});

test("Label Studio's export without a YAML file takes its names from classes.txt", async () => {
  await folder.pictures(["bare/images/a.jpg"], 8, 4);
  await folder.write("bare/labels/a.txt", "1 0.5 0.5 0.5 0.5\n");
  await folder.write("bare/classes.txt", "cat\ndog\n");
  await folder.write("bare/notes.json", {});
  const { format, splits } = await openDataset(folder.at("bare"));
  expect(format).toBe("yolo");
  expect(splits.train).toMatchObject([{ id: "images/a", tags: [1], boxes: [{ classIndex: 1 }] }]);
});

test.each([
  [
    "class",
    "2 0.5 0.5 0.5 0.5",
    'line 1 must begin with a class from 0 to 1; got "2". Correct the line, or name the class.',
  ],
  [
    "minus",
    "\n-1 0.5 0.5 0.5 0.5",
    'line 2 must begin with a class from 0 to 1; got "-1". Correct the line, or name the class.',
  ],
  [
    "pixels",
    "0 32 0.5 0.5 0.5",
    `line 1 must hold shares of the picture's width and height, from 0 to 1; got "32". Divide pixels by the picture's width and height.`,
  ],
  [
    "NaN",
    "0 nan 0.5 0.5 0.5",
    `line 1 must hold shares of the picture's width and height, from 0 to 1; got "nan". Divide pixels by the picture's width and height.`,
  ],
  [
    "odd",
    "0 0.1 0.1 0.5 0.5 0.5",
    "line 1 must hold a class and a box's centre, width and height, or a class and at least three points; got 6 numbers. Correct the line.",
  ],
  [
    "few",
    "0",
    "line 1 must hold a class and a box's centre, width and height, or a class and at least three points; got 1 numbers. Correct the line.",
  ],
])(
  "a malformed row is an error with file, line, rule and value: %s",
  async (name, labels, message) => {
    const file = await labelled(`row-${name}`, labels);
    await expectMessage(
      openDataset(file),
      `${folder.at(`row-${name}/labels/train/a.txt`)}: ${message}`,
    );
  },
);

const splits = "train: images/train\n";
test.each([
  ["text", "cat", 'it must hold keys and values; got "cat"'],
  ["noTrain", "names: [cat]", "train must be a folder of pictures; got nothing"],
  ["noNames", splits, "names must be a list of classes, or a map from their numbers; got nothing"],
  [
    "gap",
    `${splits}names: {0: cat, 2: dog}`,
    'names must count from 0; number 1 is lacking; got "2"',
  ],
  ["twice", `${splits}names: [cat, cat]`, 'names must differ; got "cat"'],
  ["nested", `${splits}names: [[cat]]`, "names, 0 must be a text; got a list of 1"],
  ["nc", `${splits}names: [cat]\nnc: 3`, "nc must be the number of names, 1; got 3"],
  ["many", `${splits}nc: 1e9`, "nc must be the number of classes, at most 100000; got 1000000000"],
  [
    "number",
    "train: 3\nnames: [cat]",
    "train must be a folder, a text file of paths, or a list of these; got 3",
  ],
])(
  "a malformed YAML file is an error with the rule and the value: %s",
  async (name, text, reason) => {
    const file = await labelled(`yaml-${name}`, "0 0.5 0.5 0.5 0.5\n", text);
    await expectMessage(openDataset(file), `${file}: ${reason}. Correct the file.`);
  },
);

test("what is no YAML, a split that is not there and labels that are not there are errors", async () => {
  const broken = await labelled("broken", "", "train: [\nnames: a: b\n");
  await expect(openDataset(broken)).rejects.toThrow(`${broken}: this is not YAML (`);
  const nowhere = await labelled("nowhere", "", "train: away\nnames: [cat]\n");
  await expectMessage(
    openDataset(nowhere),
    `${nowhere}: train must be a folder or a text file; there is no ${folder.at("nowhere/away")}. ` +
      "Correct path and train, or put the pictures there.",
  );
  const noVal = await labelled("noVal", "", `${splits}val: away\nnames: [cat]\n`);
  await expectMessage(
    openDataset(noVal),
    `${noVal}: val must be a folder or a text file; there is no ${folder.at("noVal/away")}. ` +
      "Correct val, or put the pictures there.",
  );
  const above = await labelled("above", "", "train: /\nnames: [cat]\n");
  await expectMessage(
    openDataset(above),
    `${above}: train must be a folder of pictures; / is above the data set. Correct train.`,
  );
  await folder.pictures(["unlabelled/images/a.jpg"], 8, 4);
  const unlabelled = await folder.write("unlabelled/data.yaml", "train: images\nnames: [cat]\n");
  await expectMessage(
    openDataset(unlabelled),
    `${unlabelled}: no picture of the split "train" has a file of labels; the first would be ` +
      `${folder.at("unlabelled/labels/a.txt")}. Put the labels there.`,
  );
});
