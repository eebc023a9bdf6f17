import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder, drawing, expectMessage, samplesIn } from "../../../test/dataFolder.ts";
import { decodeMask, openDataset, readDataset } from "../index.ts";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

/** As COCO's own files have them: ids with gaps, categories in an order of their own. */
const categories = [
  { supercategory: "animal", id: 18, name: "dog" },
  { supercategory: "animal", id: 17, name: "cat" },
  { supercategory: "person", id: 1, name: "person" },
];
const image = { id: 9, file_name: "000000000009.jpg", width: 6, height: 4, license: 3 };
const square = {
  segmentation: [[1, 1, 3, 1, 3, 3, 1, 3]],
  bbox: [1, 1, 2, 2],
  area: 4,
  iscrowd: 0,
};

/** A file of these annotations about one picture, in a folder of its own; returns its path. */
async function annotated(name: string, annotations: unknown, more: object = {}): Promise<string> {
  await folder.pictures([`${name}/${image.file_name}`], image.width, image.height);
  return folder.write(`${name}/coco.json`, {
    ...{ info: { year: 2017 }, licenses: [], images: [image], annotations, categories },
    ...more,
  });
}

test("instances of a folder: a split per file, classes in the file's order, tags, masks, boxes", async () => {
  await folder.pictures(["kit/train2017/000000000009.jpg", "kit/val2017/1.jpg"], 6, 4);
  await folder.write("kit/annotations/instances_train2017.json", {
    images: [image],
    annotations: [{ id: 1, image_id: 9, category_id: 17, ...square }],
    categories,
  });
  await folder.write("kit/annotations/instances_val2017.json", {
    images: [
      { ...image, file_name: "1.jpg" },
      { id: 4, file_name: "gone.jpg", width: 6, height: 4 },
    ],
    annotations: [{ id: 1, image_id: 9, category_id: 18, ...square, segmentation: [] }],
    categories,
  });
  await folder.write("kit/annotations/captions_train2017.json", {});
  const dataset = await openDataset(folder.at("kit"));
  expect(dataset).toMatchObject({
    root: folder.at("kit"),
    format: "coco",
    classes: ["dog", "cat", "person"],
  });
  expect(dataset.splits.train).toMatchObject([
    {
      id: "train2017/000000000009",
      image: folder.at("kit/train2017/000000000009.jpg"),
      tags: [1],
      boxes: [{ classIndex: 1, left: 1, top: 1, right: 3, bottom: 3 }],
    },
  ]);
  const [{ mask = "" }] = dataset.splits.train;
  expect(drawing(await decodeMask(mask, dataset.maskLabels))).toEqual([
    "000000",
    "022000",
    "022000",
    "000000",
  ]);
  expect(dataset.splits.val).toEqual([
    {
      id: "val2017/1",
      image: folder.at("kit/val2017/1.jpg"),
      tags: [0],
      boxes: [{ classIndex: 0, left: 1, top: 1, right: 3, bottom: 3 }],
    },
    { id: "val2017/gone", image: folder.at("kit/val2017/gone.jpg"), tags: [] },
  ]);
});

test("parts are united, the smaller object lies on top, run lengths are read in both forms", async () => {
  const file = await annotated("shapes", [
    {
      id: 1,
      image_id: 9,
      category_id: 1,
      segmentation: [
        [0, 0, 1, 0, 1, 4, 0, 4],
        [5, 0, 6, 0, 6, 4, 5, 4],
      ],
    },
    // Rows 0 and 1 of column 0.
    { id: 2, image_id: 9, category_id: 17, segmentation: { size: [4, 6], counts: [0, 2, 22] } },
    { id: 3, image_id: 9, category_id: 18, segmentation: { size: [4, 6], counts: "<48" } },
  ]);
  const { splits, maskLabels } = await openDataset(file);
  const [{ mask = "", tags, boxes }] = splits.train;
  expect(tags).toEqual([0, 1, 2]);
  // The box of run lengths is not known, so there are none.
  expect(boxes).toBeUndefined();
  expect(drawing(await decodeMask(mask, maskLabels))).toEqual([
    "200103",
    "200103",
    "300103",
    "300103",
  ]);
});

test("a crowd and an object with a box only are void in a mask, beneath the others", async () => {
  const file = await annotated("crowd", [
    { id: 1, image_id: 9, category_id: 17, ...square },
    { id: 2, image_id: 9, category_id: 18, bbox: [2, 0, 4, 2], area: 8, iscrowd: 0 },
    {
      id: 3,
      image_id: 9,
      category_id: 1,
      segmentation: { size: [4, 6], counts: [3, 1, 20] },
      iscrowd: 1,
      bbox: [0, 3, 1, 1],
    },
  ]);
  const { splits, maskLabels } = await openDataset(file);
  expect(splits.train[0].tags).toEqual([0, 1, 2]);
  expect(splits.train[0].boxes).toHaveLength(3);
  const { mask = "" } = splits.train[0];
  const rows = ["00####", "022###", "022000", "#00000"];
  expect(drawing(await decodeMask(mask, maskLabels))).toEqual(rows);
  // Of a class that was not chosen, they are background.
  const cats = await openDataset(file, { classes: ["cat"] });
  expect(drawing(await decodeMask(cats.splits.train[0].mask ?? "", cats.maskLabels))).toEqual([
    "000000",
    "011000",
    "011000",
    "000000",
  ]);
  expect(cats.splits.train[0].boxes).toHaveLength(1);
});

test("an object whose place is not known leaves its picture with tags only", async () => {
  const file = await annotated("placeless", [
    { id: 1, image_id: 9, category_id: 17, ...square },
    { id: 2, image_id: 9, category_id: 18 },
  ]);
  const { splits } = await openDataset(file);
  const path = folder.at("placeless/000000000009.jpg");
  expect(splits.train).toEqual([{ id: "000000000009", image: path, tags: [0, 1] }]);
});

test("Roboflow's folders are read; its first category heads the others and is left out", async () => {
  for (const [part, name] of [
    ["train", "a"],
    ["valid", "b"],
  ]) {
    await folder.pictures([`robo/${part}/${name}.jpg`], 6, 4);
    await folder.write(`robo/${part}/_annotations.coco.json`, {
      info: {},
      licenses: [],
      categories: [
        { id: 0, name: "pets", supercategory: "none" },
        { id: 1, name: "cat", supercategory: "pets" },
      ],
      images: [
        { id: 0, license: 1, file_name: `${name}.jpg`, height: 4, width: 6, date_captured: "" },
      ],
      annotations: [
        {
          id: 0,
          image_id: 0,
          category_id: 1,
          bbox: [1, 1, 2, 2],
          area: 4,
          segmentation: [],
          iscrowd: 0,
        },
      ],
    });
  }
  const { classes, splits } = await readDataset(folder.at("robo"));
  expect(classes).toEqual(["cat"]);
  expect(
    Object.entries(splits).map(([name, samples]) => [name, ...samples.map(({ id }) => id)]),
  ).toEqual([
    ["train", "train/a"],
    ["val", "valid/b"],
  ]);
});

test("a picture is found in images/, by a path with Windows' separator, or anywhere by its name", async () => {
  await folder.pictures(
    [
      "found/images/a.jpg",
      "found/sub/b.jpg",
      "found/deep/er/c.jpg",
      "found/x/d.jpg",
      "found/y/d.jpg",
    ],
    6,
    4,
  );
  const file = await folder.write("found/result.json", {
    images: ["a.jpg", "sub\\b.jpg", "/data/upload/c.jpg", "d.jpg"].map((file_name, id) => ({
      id,
      file_name,
    })),
    annotations: [],
    categories,
  });
  const { splits } = await openDataset(file);
  expect([...splits.train, ...(splits.val ?? [])].map((sample) => sample.image).sort()).toEqual(
    ["found/d.jpg", "found/deep/er/c.jpg", "found/images/a.jpg", "found/sub/b.jpg"].map((path) =>
      folder.at(path),
    ),
  );
});

test("classes.txt orders the classes anew; masks of another folder go before the file's", async () => {
  const file = await annotated("ordered", [{ id: 1, image_id: 9, category_id: 17, ...square }]);
  await folder.write("ordered/classes.txt", "person\ncat\ndog\n");
  expect((await openDataset(file)).classes).toEqual(["person", "cat", "dog"]);
  await folder.pictures(["ordered/masks/000000000009.png"], 6, 4);
  const { splits } = await openDataset(file, { masks: folder.at("ordered/masks") });
  expect(splits.train[0].mask).toBe(folder.at("ordered/masks/000000000009.png"));
});

const annotation = { id: 5, image_id: 9, category_id: 17 };
const cure = "Correct the file, or export it again as COCO instances.";
test.each<[string, unknown, object, string]>([
  ["list", {}, {}, "annotations must be a list; got an object"],
  ["annotation", [7], {}, "annotation 1 must be an object; got 7"],
  [
    "image",
    [{ ...annotation, image_id: 10 }],
    {},
    "annotation 5, image_id must be the id of an image; got 10",
  ],
  [
    "category",
    [{ ...annotation, category_id: -1 }],
    {},
    "annotation 5, category_id must be the id of a category; got -1",
  ],
  [
    "negative",
    [],
    { categories: [{ id: -1, name: "a" }] },
    "category 1, id must be a whole number of at least 0; got -1",
  ],
  [
    "twice",
    [],
    { images: [image, image] },
    "image 9, id must be different from those before; got 9",
  ],
  ["unnamed", [], { categories: [{ id: 1, name: "" }] }, 'category 1, name must be a text; got ""'],
  [
    "file",
    [],
    { images: [{ id: 1, file_name: "a\0.jpg" }] },
    'image 1, file_name must be the name of a file; got "a\\u0000.jpg"',
  ],
  [
    "size",
    [],
    { images: [{ ...image, width: -6 }] },
    "image 9, width must be a whole number of at least 0; got -6",
  ],
  [
    "odd",
    [{ ...annotation, segmentation: [[1, 2, 3, 4, 5, 6, 7]] }],
    {},
    "annotation 5, segmentation[0] must hold an even number of coordinates; got a list of 7",
  ],
  [
    "flat",
    [{ ...annotation, segmentation: [1, 2, 3, 4, 5, 6] }],
    {},
    "annotation 5, segmentation[0] must be a list of coordinates x, y, x, y, ...; got 1",
  ],
  [
    "null",
    [{ ...annotation, segmentation: [[1, 2, 3, 4, 5, null]] }],
    {},
    "annotation 5, segmentation[0] must be a list of coordinates x, y, x, y, ...; got a list of 6",
  ],
  [
    "counts",
    [{ ...annotation, segmentation: { size: [4, 6], counts: {} } }],
    {},
    "annotation 5, segmentation.counts must be run lengths or their packed text; got an object",
  ],
  [
    "rleSize",
    [{ ...annotation, segmentation: { size: [4], counts: "" } }],
    {},
    "annotation 5, segmentation.size must be height and width; got a list of 1",
  ],
  [
    "bbox",
    [{ ...annotation, bbox: [1, 2, 3] }],
    {},
    "annotation 5, bbox must be [left, top, width, height] in pixels; got a list of 3",
  ],
  [
    "outside",
    [{ ...annotation, bbox: [60, 1, 2, 2] }],
    {},
    "annotation 5, bbox must be [left, top, width, height] of a box in the picture's 6x4 pixels; got [60, 1, 2, 2]",
  ],
  ["iscrowd", [{ ...annotation, iscrowd: 2 }], {}, "annotation 5, iscrowd must be 0 or 1; got 2"],
])(
  "malformed content is an error with file, entry, rule and value: %s",
  async (name, annotations, more, reason) => {
    const file = await annotated(`bad-${name}`, annotations, more);
    await expectMessage(openDataset(file), `${file}: ${reason}. ${cure}`);
  },
);

const regionCure = "Correct the region, or take it out of the file.";
test.each<[string, object, string]>([
  [
    "far",
    { segmentation: [[0, 0, 1e9, 0, 0, 4]] },
    "image 9, annotation 5: the point (1000000000, 0) lies far outside the 6x4 pixels",
  ],
  [
    "runs",
    { segmentation: { size: [4, 6], counts: [20] } },
    "image 9, annotation 5: COCO RLE: counts must add up to the 24 pixels of the size 4 x 6; got 20",
  ],
  [
    "turned",
    { segmentation: { size: [6, 4], counts: [24] } },
    "image 9, annotation 5: the run lengths are of 4x6 pixels, not 6x4",
  ],
  [
    "huge",
    { segmentation: { size: [1e9, 1e9], counts: [1e18] } },
    "image 9, annotation 5: the run lengths are of 1000000000x1000000000 pixels, not 6x4",
  ],
])(
  "a region that cannot be drawn is an error when it is drawn: %s",
  async (name, region, reason) => {
    const file = await annotated(`region-${name}`, [{ ...annotation, ...region }]);
    const dataset = await openDataset(file);
    const [{ mask = "" }] = samplesIn(dataset);
    await expectMessage(decodeMask(mask, dataset.maskLabels), `${file}: ${reason}. ${regionCure}`);
  },
);

test("a size that is not the picture's is refused before anything of that size is made", async () => {
  const images = [{ ...image, width: 100_000, height: 10_000 }];
  const file = await annotated("claim", [{ ...annotation, ...square }], { images });
  const { splits, maskLabels } = await openDataset(file);
  await expectMessage(
    decodeMask(splits.train[0].mask ?? "", maskLabels),
    `${file}: image 9 is of 100000x10000 pixels, and the picture ${folder.at("claim/000000000009.jpg")} has 6x4. ` +
      "Give the picture that was annotated, or correct the size and the coordinates.",
  );
});

test("files that are empty, not UTF-8 or nested without end are errors; so are two of one split", async () => {
  const empty = await folder.write("empty.json", "");
  await expect(openDataset(empty)).rejects.toThrow(`${empty}: this is not JSON (`);
  const latin = await folder.write("latin.json", Uint8Array.of(0x22, 0xe9, 0x22));
  await expectMessage(openDataset(latin), `${latin}: this is no text in UTF-8. Save it as UTF-8.`);
  const deep = `{"images":[],"categories":[],"annotations":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const nested = await folder.write("nested.json", deep);
  await expectMessage(
    openDataset(nested),
    `${nested}: annotation 1 must be an object; got a list of 1. ${cure}`,
  );
  const twice = await folder.write("twice/annotations/instances_train2014.json", {});
  const other = await folder.write("twice/annotations/instances_train2017.json", {});
  await expectMessage(
    openDataset(folder.at("twice")),
    `${other}: ${twice} holds the split "train", too. Give one of the files in place of the folder, or take one away.`,
  );
});
