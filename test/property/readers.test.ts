/** Files that are damaged in many ways end in an error that names them, or in a reading that is sound. */
import { readFile, rename, writeFile } from "node:fs/promises";
import h5 from "h5wasm/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readBoxes } from "../../src/data/boxes.ts";
import {
  DataError,
  type Dataset,
  decodeMask,
  decodePicture,
  encodeIndexedPng,
  openDataset,
  pictureSize,
  readCueSet,
} from "../../src/data/index.ts";
import { encodeBrushRle } from "../../src/data/regions/brushRle.ts";
import { encodeCocoRle } from "../../src/data/regions/cocoRle.ts";
import { readWeights } from "../../src/nn/weights/read.ts";
import { encodeSafetensors } from "../../src/nn/weights/safetensors.ts";
import { WeightsError } from "../../src/nn/weights/types.ts";
import { encodeOnnx } from "../../src/onnx/proto.ts";
import { Random } from "../../src/random.ts";
import { writeCueSet } from "../../src/segment/writeCueSet.ts";
import { DataFolder } from "../dataFolder.ts";
import {
  damageBytes,
  damageHeader,
  damageJson,
  damagePng,
  damageWords,
  damageZipped,
  type Mutation,
} from "./mutations.ts";
import { settings } from "./settings.ts";

/** Damaged files of each case. */
const count = 90;
/** Far more than any takes, on a busy machine: an endless loop does not come back at all. */
const longestMs = 10_000;
/** Growth of the process that no small file may cause, bytes. */
const mostMemory = 1.5e9;

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

interface Case {
  readonly name: string;
  /** The file to damage. */
  readonly file: string;
  /** Writes what is to be damaged, and what it needs. */
  readonly write: () => Promise<unknown>;
  /** Reads it, and throws an AssertionError where what it read is not sound. */
  readonly read: () => Promise<void>;
  readonly mutations: readonly Mutation[];
}

const [width, height] = [12, 8];
const bits = Uint8Array.from({ length: width * height }, (_, i) => Number(i % 5 > 2));

function object(name: string): string {
  return `<object><name>${name}</name><difficult>0</difficult><bndbox><xmin>2</xmin><ymin>1</ymin><xmax>9</xmax><ymax>7</ymax></bndbox></object>`;
}

const coco = {
  info: {},
  images: [
    { id: 3, file_name: "a.png", width, height },
    { id: 4, file_name: "b.png", width, height },
  ],
  categories: [
    { id: 5, name: "cat", supercategory: "animal" },
    { id: 9, name: "dog", supercategory: "animal" },
  ],
  annotations: [
    {
      id: 1,
      image_id: 3,
      category_id: 5,
      segmentation: [
        [1, 1, 5, 1.5, 5, 6, 2, 6],
        [7, 1, 9, 1, 9, 3],
      ],
      bbox: [1, 1, 8, 5],
      iscrowd: 0,
    },
    {
      id: 2,
      image_id: 3,
      category_id: 9,
      segmentation: { size: [height, width], counts: [8, 12, 70, 6] },
      bbox: [1, 0, 2, 8],
      iscrowd: 1,
    },
    {
      id: 3,
      image_id: 4,
      category_id: 9,
      segmentation: encodeCocoRle(bits, width, height),
      bbox: [1, 0, 2, 8],
      iscrowd: 0,
    },
    { id: 4, image_id: 4, category_id: 5, bbox: [2.5, 2, 3, 3.5] },
  ],
};

const region = {
  original_width: width,
  original_height: height,
  image_rotation: 0,
  from_name: "label",
  to_name: "image",
};
const tasks = [
  {
    ...{ id: 1, data: { image: "/data/upload/1/0a1b2c3d-a.png" }, predictions: [] },
    annotations: [
      {
        ...{ id: 7, was_cancelled: false, created_at: "2024-01-01T00:00:00Z" },
        result: [
          {
            ...region,
            id: "r",
            type: "rectanglelabels",
            value: { x: 10, y: 10, width: 30, height: 40, rotation: 15, rectanglelabels: ["cat"] },
          },
          {
            ...region,
            id: "p",
            type: "polygonlabels",
            value: {
              points: [
                [50, 10],
                [90, 10],
                [70, 80],
              ],
              polygonlabels: ["dog"],
            },
          },
          {
            ...region,
            id: "e",
            type: "ellipselabels",
            value: { x: 40, y: 40, radiusX: 20, radiusY: 10, rotation: 0, ellipselabels: ["cat"] },
          },
        ],
      },
    ],
  },
  {
    ...{ id: 2, data: { image: "b.png" }, annotations: [] },
    predictions: [
      {
        id: 1,
        result: [
          {
            ...region,
            id: "b",
            type: "brushlabels",
            value: { format: "rle", rle: encodeBrushRle(bits), brushlabels: ["dog"] },
          },
          {
            id: "c",
            type: "choices",
            from_name: "c",
            to_name: "image",
            value: { choices: ["outdoor"] },
          },
        ],
      },
    ],
  },
];

const yaml = "# pets\npath: .\ntrain: images\nval: images\n\nnc: 2\nnames:\n  0: cat\n  1: dog\n";
const rows = "0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.6 0.2 0.5 0.9\n1 0.25 0.5 0.1 0.1\n";
const table = [
  {
    image: "a.png",
    tags: ["cat", "dog"],
    mask: "m.png",
    boxes: [{ tag: "cat", left: 1, top: 1, right: 4, bottom: 5 }],
  },
  { image: "b.png", tags: [], split: "val" },
];
const tensors = new Map([
  ["a.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ["b", { shape: [], data: Float32Array.of(7) }],
]);
const golden = (path: string): Promise<Uint8Array> => readFile(`test/golden/${path}`);

/** A case whose data set is the folder of its name, with pictures and a mask in it. */
function dataset(
  name: string,
  file: string,
  content: unknown,
  mutations: readonly Mutation[],
  { open = file, more = {} }: { open?: string; more?: Readonly<Record<string, unknown>> } = {},
): Case {
  // Paths that climb out of it stay in the temporary folder.
  const root = `data/sets/${name}`;
  return {
    ...{ name, file: `${root}/${file}`, mutations },
    async write() {
      const pictures = name.startsWith("voc")
        ? "JPEGImages"
        : name.startsWith("yolo")
          ? "images"
          : ".";
      await folder.pictures(
        [`${root}/${pictures}/a.png`, `${root}/${pictures}/b.png`],
        width,
        height,
      );
      await folder.write(`${root}/m.png`, encodeIndexedPng(bits, width, height));
      for (const [path, text] of Object.entries(more)) await folder.write(`${root}/${path}`, text);
      await folder.write(`${root}/${file}`, content);
    },
    read: async () => requireSound(await openDataset(folder.at(`${root}/${open}`))),
  };
}

const voc = {
  "ImageSets/Main/cat_train.txt": "a 1\nb -1\n",
  "ImageSets/Main/dog_train.txt": "a -1\nb 1\n",
  "ImageSets/Segmentation/train.txt": "a\nb\n",
  "Annotations/a.xml": `<annotation><size><width>12</width></size>${object("cat")}${object("dog")}</annotation>`,
};
const asText = [damageBytes, damageWords];
const asJson = [damageBytes, damageJson, damageJson, damageWords];

const cases: readonly Case[] = [
  dataset("coco", "instances.json", coco, asJson),
  dataset("coco-values", "instances.json", coco, [damageJson]),
  dataset("label-studio", "tasks.json", tasks, asJson),
  dataset("label-studio-values", "tasks.json", tasks, [damageJson]),
  dataset("yolo-yaml", "data.yaml", yaml, asText, { more: { "labels/a.txt": rows } }),
  dataset("yolo-labels", "labels/a.txt", rows, asText, { open: ".", more: { "data.yaml": yaml } }),
  dataset("table-json", "table.json", table, asJson),
  dataset(
    "table-csv",
    "table.csv",
    'image,tags,mask,split\na.png,"cat,dog",m.png,\nb.png,cat;bird,,val\n',
    asText,
  ),
  dataset("classes", "classes.txt", "background\ncat\ndog\n", asText, {
    open: "table.json",
    more: { "table.json": table },
  }),
  ...Object.entries(voc).map(([file, text], i) =>
    dataset(`voc-${i}`, file, text, asText, { open: ".", more: { ...voc, [file]: text } }),
  ),
  dataset(
    "mask",
    "m.png",
    encodeIndexedPng(bits, width, height),
    [damagePng, damagePng, damageBytes],
    {
      open: "table.json",
      more: { "table.json": table },
    },
  ),
  ...["jpg", "png", "webp", "gif", "tif"].map(pictureCase),
  {
    name: "pickled-cues",
    file: "sec/cues.pickle",
    mutations: [damageBytes],
    async write() {
      await folder.write("sec/input_list.txt", "2007_000032.jpg 7\nb.jpg 3\n");
      await folder.write("sec/cues.pickle", await golden("cues/localization_cues.pickle"));
    },
    read: () => requireSoundCues("sec/cues.pickle"),
  },
  {
    name: "cue-folder",
    file: "cues/cues.json",
    mutations: asJson,
    async write() {
      const grids = new Map([["a", Uint8Array.of(0, 1, 2, 255)]]);
      const origin = { source: "/run", data: "/data", unreadable: [] };
      await writeCueSet(folder.at("cues"), { size: 2, classes: ["cat", "dog"], grids }, origin);
    },
    read: () => requireSoundCues("cues"),
  },
  weightsCase("safetensors", [damageHeader, damageHeader, damageBytes], async () =>
    encodeSafetensors(tensors),
  ),
  weightsCase("pth", [damageZipped, damageZipped, damageBytes], () =>
    golden("weights/tensors.pth"),
  ),
  {
    ...{ name: "h5", file: "weights.h5", mutations: [damageBytes] },
    write: () => writeKeras(folder.at("weights.h5")),
    read: () => requireSoundWeights("weights.h5"),
  },
  weightsCase("onnx", [damageBytes], async () =>
    encodeOnnx({
      ...{ opset: 17, irVersion: 8, producer: "", metadata: {} },
      graph: {
        ...{ name: "", inputs: [], outputs: [], nodes: [] },
        initializers: [{ name: "w", type: "float32", shape: [2, 3], data: new Float32Array(6) }],
      },
    }),
  ),
];

function pictureCase(format: string): Case {
  const file = `picture.${format}`;
  return {
    ...{ name: format, file, mutations: [damageBytes] },
    write: () => folder.pictures([file], 40, 30),
    async read() {
      const { width, height, pixels, original } = await decodePicture(folder.at(file), 16, 12);
      expect([width, height, pixels.length]).toEqual([16, 12, 3 * 16 * 12]);
      expect(await pictureSize(folder.at(file))).toEqual(original);
      expect(original.width * original.height).toBeGreaterThan(0);
    },
  };
}

function weightsCase(
  extension: string,
  mutations: readonly Mutation[],
  content: () => Promise<Uint8Array>,
): Case {
  const file = `weights.${extension}`;
  return {
    ...{ name: extension, file, mutations },
    write: async () => folder.write(file, await content()),
    read: () => requireSoundWeights(file),
  };
}

async function writeKeras(path: string): Promise<void> {
  await h5.ready;
  const root = new h5.File(path, "w");
  root.create_attribute("layer_names", ["fc"]);
  const layer = root.create_group("fc");
  layer.create_attribute("weight_names", ["fc/kernel:0"]);
  const inner = layer.create_group("fc");
  inner.create_dataset({
    name: "kernel:0",
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
    shape: [2, 3],
  });
  root.close();
}

async function requireSoundWeights(file: string): Promise<void> {
  for (const { shape, data } of (await readWeights(folder.at(file))).values()) {
    expect(data.length).toBe(shape.reduce((product, side) => product * side, 1));
  }
}

async function requireSoundCues(path: string): Promise<void> {
  const { size, classes, grids } = await readCueSet(folder.at(path));
  for (const [id, grid] of grids) {
    expect(typeof id).toBe("string");
    expect(grid.length).toBe(size * size);
  }
  expect(classes.every((name) => typeof name === "string")).toBe(true);
}

/** Ids that can be names of files, tags and boxes in range, masks as large as their pictures. */
async function requireSound({ classes, splits, maskLabels }: Dataset): Promise<void> {
  expect(new Set(classes).size).toBe(classes.length);
  expect(maskLabels.length).toBe(256);
  expect(Object.keys(splits)).toContain("train");
  for (const samples of Object.values(splits)) {
    const ids = samples.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const sample of samples) {
      const { id, image, tags, mask } = sample;
      expect(id).not.toMatch(/^$|^\/|(^|\/)\.\.(\/|$)|\0/);
      expect(tags).toEqual([...new Set(tags)].sort((a, b) => a - b));
      expect(tags.every((tag) => classes[tag] !== undefined)).toBe(true);
      for (const { classIndex, left, top, right, bottom } of (await readBoxes(sample)) ?? []) {
        expect(classes[classIndex]).toBeDefined();
        expect(left >= 0 && left < right && top >= 0 && top < bottom).toBe(true);
        expect(Number.isFinite(right) && Number.isFinite(bottom)).toBe(true);
      }
      if (mask === undefined) continue;
      const { labels, ...size } = await decodeMask(mask, maskLabels);
      expect(labels.length).toBe(size.width * size.height);
      expect(labels.every((label) => label <= classes.length || label === 255)).toBe(true);
      if (typeof mask !== "string") expect(size).toEqual(await pictureSize(image));
    }
  }
}

/** "read", or "refused" with an error that names the file or its folder; fails otherwise. */
async function outcomeOf({ read, name }: Case): Promise<"read" | "refused"> {
  try {
    await read();
    return "read";
  } catch (error) {
    if (!(error instanceof DataError) && !(error instanceof WeightsError)) throw error;
    expect(error.message, name).toContain(folder.path);
    return "refused";
  }
}

test.each(cases)("damaged $name", async (one) => {
  await one.write();
  expect(await outcomeOf(one)).toBe("read");
  const whole = await readFile(folder.at(one.file));
  const random = new Random(settings.seed).fork(one.name);
  const memory = process.memoryUsage().rss;
  const outcomes = { read: 0, refused: 0 };
  for (let n = 0; n < count; n++) {
    const damaged = random.pick(one.mutations)(whole, random);
    await replace(folder.at(one.file), damaged);
    const start = performance.now();
    try {
      outcomes[await outcomeOf(one)]++;
    } catch (error) {
      const text = new TextDecoder().decode(damaged.subarray(0, 3000));
      throw new Error(`${one.name}, file ${n}:\n${text}`, { cause: error });
    }
    expect(performance.now() - start, `file ${n}`).toBeLessThan(longestMs);
    expect(process.memoryUsage().rss - memory, `file ${n}`).toBeLessThan(mostMemory);
  }
  expect(outcomes.refused).toBeGreaterThan(0);
  // What was damaged before does not stand in the way of the next file.
  await replace(folder.at(one.file), whole);
  expect(await outcomeOf(one)).toBe("read");
});

/** A new file each time: HDF5 shares what it knows of a file that it could not close. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
}

test("the fuzz is large enough to mean something", () => {
  expect(cases.length * count).toBeGreaterThan(2000);
});
