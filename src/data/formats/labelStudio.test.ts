import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder, drawing, expectMessage, samplesIn } from "../../../test/dataFolder.ts";
import { pixelBoxes, readBoxes } from "../boxes.ts";
import { decodeMask, openDataset } from "../index.ts";
import { encodeBrushRle } from "../regions/brushRle.ts";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

const size = { original_width: 10, original_height: 4, image_rotation: 0 };
const cat = {
  ...{ id: "Dx_aB", from_name: "label", to_name: "image", type: "rectanglelabels", ...size },
  value: { x: 20, y: 25, width: 20, height: 50, rotation: 0, rectanglelabels: ["cat"] },
};
const dog = {
  ...{ id: "p1", from_name: "polygon", to_name: "image", type: "polygonlabels", ...size },
  value: {
    points: [
      [50, 0],
      [100, 0],
      [100, 100],
      [50, 100],
    ],
    closed: true,
    polygonlabels: ["dog"],
  },
};
function choices(...names: string[]): object {
  return {
    id: "c1",
    from_name: "choice",
    to_name: "image",
    type: "choices",
    value: { choices: names },
  };
}

/** A task as the export "JSON" has it. */
function task(image: string, ...annotations: readonly object[]): object {
  return {
    id: 17,
    annotations: annotations.map((annotation, id) => ({
      ...{ id, completed_by: 1, was_cancelled: false, ground_truth: false, lead_time: 4.2 },
      ...{ created_at: "2024-03-01T10:00:00.000000Z", updated_at: "2024-03-01T10:00:00.000000Z" },
      ...annotation,
    })),
    ...{ file_upload: "1f2e3d4c-a.jpg", drafts: [], predictions: [], meta: {}, project: 3 },
    data: { image },
  };
}

/** A file with the tasks, beside pictures a.jpg and b.jpg of 10x4 pixels. */
async function exported(name: string, ...tasks: readonly object[]): Promise<string> {
  await folder.pictures([`${name}/a.jpg`, `${name}/b.jpg`], 10, 4);
  return folder.write(`${name}/project-3-at-2024-03-01.json`, tasks);
}

test("choices, rectangles and polygons are tags; polygons are masks, all have boxes", async () => {
  const file = await exported(
    "plain",
    task("/data/upload/3/1f2e3d4c-a.jpg", { result: [cat, dog, choices("indoor", "blurry")] }),
  );
  const dataset = await openDataset(file);
  expect(dataset).toMatchObject({
    root: folder.at("plain"),
    format: "label-studio",
    classes: ["blurry", "cat", "dog", "indoor"],
    splits: { train: [{ id: "a", image: folder.at("plain/a.jpg"), tags: [0, 1, 2, 3] }] },
  });
  const [sample] = dataset.splits.train;
  const { mask = "" } = sample;
  // The rectangle is no outline: void.
  expect(drawing(await decodeMask(mask, dataset.maskLabels))).toEqual([
    "0000033333",
    "00##033333",
    "00##033333",
    "0000033333",
  ]);
  expect(pixelBoxes((await readBoxes(sample)) ?? [], { width: 10, height: 4 })).toEqual([
    { classIndex: 1, left: 2, top: 1, right: 4, bottom: 3 },
    { classIndex: 2, left: 5, top: 0, right: 10, bottom: 4 },
  ]);
});

test("a task's data.split is its split; tasks without one are for training", async () => {
  const inSplit = (image: string, split: unknown): object => ({
    ...task(image, { result: [cat] }),
    data: { image, split },
  });
  const { splits } = await openDataset(
    await exported(
      "splits",
      ...[inSplit("a.jpg", "val"), inSplit("b.jpg", "odd"), inSplit("c.jpg", undefined)],
      ...[inSplit("d.jpg", " "), inSplit("e.jpg", 3)],
    ),
  );
  const names = Object.entries(splits).map(([split, samples]) => [split, samples.length]);
  expect(Object.fromEntries(names)).toEqual({ train: 3, val: 1, odd: 1 });
  expect(splits.odd).toMatchObject([{ id: "b" }]);
});

test("a brush is a mask; several lie over each other by size", async () => {
  const bits = Uint8Array.from({ length: 40 }, (_, i) => (i < 13 ? 1 : 0));
  const small = Uint8Array.from({ length: 40 }, (_, i) => (i === 5 ? 1 : 0));
  const brush = (name: string, pixels: Uint8Array): object => ({
    ...{ ...cat, type: "brushlabels" },
    value: { format: "rle", rle: encodeBrushRle(pixels), brushlabels: [name] },
  });
  const file = await exported(
    "brush",
    task("a.jpg", { result: [brush("dog", small), brush("cat", bits)] }),
  );
  const { splits, maskLabels } = await openDataset(file);
  const [{ mask = "", boxes }] = splits.train;
  expect(boxes).toBeUndefined();
  expect(drawing(await decodeMask(mask, maskLabels))).toEqual([
    "1111121111",
    "1110000000",
    "0000000000",
    "0000000000",
  ]);
});

test("the newest annotation that was not cancelled counts, predictions only without any", async () => {
  const old = { result: [choices("old")] };
  const newer = { result: [choices("new")], updated_at: "2024-04-01T10:00:00.000000Z" };
  const cancelled = {
    result: [choices("none")],
    was_cancelled: true,
    updated_at: "2025-01-01T00:00:00Z",
  };
  const predictions = [
    { id: 1, result: [choices("guessed")], score: 0.5, created_at: "2024-01-01" },
  ];
  const read = async (name: string, ...tasks: object[]): Promise<unknown> => {
    const { splits, classes } = await openDataset(await exported(name, ...tasks));
    const samples = Object.values(splits).flat();
    const byId = [...samples].sort((a, b) => (a.id < b.id ? -1 : 1));
    return byId.map(({ tags }) => tags.map((tag) => classes[tag]));
  };
  expect(await read("newest", task("a.jpg", old, newer, old, cancelled))).toEqual([["new"]]);
  expect(await read("both", { ...task("a.jpg", old), predictions })).toEqual([["old"]]);
  expect(await read("guess", { ...task("a.jpg"), predictions })).toEqual([["guessed"]]);
  // An annotation without a result says that nothing is there; a cancelled one says nothing.
  expect(
    await read(
      "skipped",
      task("a.jpg", old),
      task("b.jpg", cancelled),
      task("c.jpg"),
      task("d.jpg", { result: [] }),
    ),
  ).toEqual([["old"], []]);
  const file = await exported("nothing", task("a.jpg", cancelled));
  await expectMessage(
    openDataset(file),
    `${file}: no task has an annotation or a prediction. Label some, and export again.`,
  );
});

test("pictures are found by upload, local path and URL, with and without the digits before the name", async () => {
  const names = ["1f2e3d4c-a.jpg", "images/b.jpg", "sub/my cat.jpg", "deep/er/d.jpg"];
  await folder.pictures(
    names.map((name) => `found/${name}`),
    10,
    4,
  );
  const addresses = [
    "/data/upload/3/1f2e3d4c-a.jpg",
    "/data/upload/3/00aa11bb-b.jpg",
    "/data/local-files/?d=sub/my%20cat.jpg",
    "https://example.org/bucket/d.jpg?token=1.png#x",
    "s3://bucket/gone.jpg",
  ];
  const file = await folder.write(
    "found/tasks.json",
    addresses.map((address) => task(address, { result: [choices("x")] })),
  );
  const images = samplesIn(await openDataset(file)).map((sample) => sample.image);
  expect(images.sort()).toEqual(
    [...names, "gone.jpg"].map((name) => folder.at(`found/${name}`)).sort(),
  );
});

test("a turned rectangle is the box around it, in pixels", async () => {
  // Two pixels square, its corner at (4, 0), turned by a quarter: to the left of the corner.
  const value = { x: 40, y: 0, width: 20, height: 50, rotation: 90, rectanglelabels: ["cat"] };
  const file = await exported("turned", task("a.jpg", { result: [{ ...cat, value }] }));
  const [sample] = samplesIn(await openDataset(file));
  expect(sample.mask).toBeUndefined();
  const [box] = pixelBoxes((await readBoxes(sample)) ?? [], { width: 10, height: 4 });
  expect(
    [box.left, box.top, box.right, box.bottom].map((side) => Math.round(1e6 * side) / 1e6),
  ).toEqual([2, 0, 4, 2]);
});

test("an object whose outline is not read, or that has two labels, leaves tags only", async () => {
  const point = {
    ...cat,
    type: "keypointlabels",
    value: { x: 1, y: 2, width: 0.4, keypointlabels: ["nose"] },
  };
  const both = { ...cat, value: { ...cat.value, rectanglelabels: ["cat", "dog"] } };
  const bare = { ...cat, type: "rectangle", value: { x: 1, y: 2, width: 3, height: 4 } };
  const relation = { type: "relation", from_id: "a", to_id: "b", direction: "right" };
  const file = await exported(
    "tagged",
    task("a.jpg", { result: [cat, point] }),
    task("b.jpg", { result: [both, bare, relation] }),
  );
  const { classes, splits } = await openDataset(file);
  expect(classes).toEqual(["cat", "dog", "nose"]);
  const samples = Object.values(splits).flat();
  expect(Object.fromEntries(samples.map(({ id, tags }) => [id, tags]))).toEqual({
    a: [0, 2],
    b: [0, 1],
  });
  expect(samples.every(({ mask, boxes }) => mask === undefined && boxes === undefined)).toBe(true);
});

const cure = 'Correct the file, or export it again as "JSON".';
test.each<[string, object, string]>([
  ["task", [7], "task 2, which must be an object, is none; got 7"],
  [
    "picture",
    { ...task("a.txt", { result: [] }), data: { text: "a" } },
    'task 2 (id 17), data must name a picture; got "text: \\"a\\""',
  ],
  ["result", task("b.jpg", { result: {} }), "task 2 (id 17), result must be a list; got an object"],
  [
    "region",
    task("b.jpg", { result: [3] }),
    "task 2 (id 17), result 1: it must be an object; got 3",
  ],
  [
    "labels",
    task("b.jpg", { result: [{ ...cat, value: { rectanglelabels: [1] } }] }),
    "task 2 (id 17), result 1 (id Dx_aB): rectanglelabels must be a list of texts; got a list of 1",
  ],
  [
    "width",
    task("b.jpg", { result: [{ ...cat, value: { ...cat.value, width: -1 } }] }),
    "task 2 (id 17), result 1 (id Dx_aB): width must be a number of at least 0; got -1",
  ],
  [
    "far",
    task("b.jpg", {
      result: [
        {
          ...dog,
          value: {
            ...dog.value,
            points: [
              [0, 0],
              [0, 1],
              [640, 2],
            ],
          },
        },
      ],
    }),
    "task 2 (id 17), result 1 (id p1): coordinates must be percent of the picture's width and height; got 640",
  ],
  [
    "points",
    task("b.jpg", { result: [{ ...dog, value: { ...dog.value, points: [[0, 0, 1]] } }] }),
    "task 2 (id 17), result 1 (id p1): points must be a list of [x, y] in percent; got a list of 1",
  ],
  [
    "rle",
    task("b.jpg", {
      result: [{ ...cat, type: "brushlabels", value: { rle: [300], brushlabels: ["a"] } }],
    }),
    "task 2 (id 17), result 1 (id Dx_aB): rle must be a list of whole numbers from 0 to 255; got a list of 1",
  ],
  ["twice", task("a.jpg", { result: [] }), ""],
])(
  "a malformed task is an error with its number, id, rule and value: %s",
  async (name, broken, reason) => {
    const tasks = [
      task("a.jpg", { result: [cat] }),
      ...(Array.isArray(broken) ? broken : [broken]),
    ];
    const file = await exported(`bad-${name}`, ...tasks);
    await expectMessage(
      openDataset(file),
      name === "twice"
        ? `${file}: task 1 (id 17) and task 2 (id 17) name the same picture, ${folder.at("bad-twice/a.jpg")}. Put all objects of a picture into one entry.`
        : `${file}: ${reason}. ${cure}`,
    );
  },
);

test("a brush of another size than its picture is an error when it is drawn", async () => {
  const value = { format: "rle", rle: [255, 255, 255, 255, 0], brushlabels: ["cat"] };
  const file = await exported(
    "brushSize",
    task("a.jpg", { result: [{ ...cat, type: "brushlabels", value }] }),
  );
  const { splits, maskLabels } = await openDataset(file);
  await expectMessage(
    decodeMask(splits.train[0].mask ?? "", maskLabels),
    `${file}: task 1 (id 17), region Dx_aB: the brush RLE holds 4294967295 values, not 4 for each of 10x4 pixels. Correct the region, or take it out of the file.`,
  );
});

test("JSON-MIN is told from other tables", async () => {
  const file = await folder.write("min.json", [
    {
      image: "/data/upload/1/a.jpg",
      id: 1,
      choice: "Dog",
      annotator: 1,
      annotation_id: 1,
      lead_time: 2,
    },
  ]);
  await expectMessage(
    openDataset(file),
    `${file}: this is Label Studio's JSON-MIN, which does not say which of its texts are classes. Export the project as "JSON".`,
  );
});
