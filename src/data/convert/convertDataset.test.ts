import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { writeIndexedPng } from "../indexedPng.ts";
import { openDataset } from "../readDataset.ts";
import { type ConvertOptions, convertDataset } from "./convertDataset.ts";

let folder = "";
let table = "";
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-convert-"));
  table = await writeTable("data", [
    // Two parts of a wolf, and an ant that touches one of them.
    { mask: ["110011", "110211", "000000", "0000.0"], boxes: [["wolf", 0, 0, 6, 2]] },
    { mask: ["000000", "011100", "010100", "011100"], tags: ["wolf"], split: "val" },
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

interface Row {
  /** Rows of labels; "." is void. */
  readonly mask?: readonly string[];
  readonly boxes?: readonly (readonly [string, number, number, number, number])[];
  readonly tags?: readonly string[];
  readonly split?: string;
}

async function writeTable(name: string, rows: readonly Row[]): Promise<string> {
  const root = join(folder, name);
  await mkdir(root);
  await writeFile(join(root, "classes.txt"), "wolf\nant\n");
  const lines: object[] = [];
  for (const [i, { mask, boxes, tags = [], split = "train" }] of rows.entries()) {
    const create = { width: 6, height: 4, channels: 3 as const, background: "#345678" };
    await sharp({ create })
      .png()
      .toFile(join(root, `p${i}.png`));
    if (mask) {
      const labels = Uint8Array.from(mask.join(""), (sign) => (sign === "." ? 255 : Number(sign)));
      await writeIndexedPng(join(root, `m${i}.png`), labels, 6, 4);
    }
    lines.push({
      ...{ image: `p${i}.png`, tags, split, ...(mask && { mask: `m${i}.png` }) },
      ...(boxes && {
        boxes: boxes.map(([tag, left, top, right, bottom]) => ({ tag, left, top, right, bottom })),
      }),
    });
  }
  await writeFile(join(root, "table.json"), JSON.stringify(lines));
  return join(root, "table.json");
}

const newFolder = (): string => join(folder, `out${count++}`);

async function convert(options: Partial<ConvertOptions> & Pick<ConvertOptions, "to">) {
  const out = options.out ?? newFolder();
  return convertDataset({ data: table, ...options, out });
}

async function json(...path: readonly string[]): Promise<unknown> {
  return JSON.parse(await readFile(join(...path), "utf8"));
}

describe("to COCO", () => {
  test("parts of a mask that lie in a box are one object, a hole makes run lengths", async () => {
    const { out, notes, objects, splits } = await convert({ to: "coco" });
    expect({ objects, splits }).toEqual({ objects: 3, splits: { train: 1, val: 1 } });
    expect(notes).toEqual([
      "1 picture: void pixels became background",
      "1 picture: a class that is no tag has objects, and reads as a tag",
      "2 pictures: the mask has classes, not objects: objects of a class that touch are one",
    ]);
    expect(await json(out, "annotations/instances_train.json")).toEqual({
      images: [{ id: 1, width: 6, height: 4, file_name: "p0.png" }],
      annotations: [
        {
          ...{ id: 1, image_id: 1, category_id: 1, area: 8, bbox: [0, 0, 6, 2], iscrowd: 0 },
          segmentation: [
            [0, 0, 2, 0, 2, 2, 0, 2],
            [4, 0, 6, 0, 6, 2, 4, 2],
          ],
        },
        {
          ...{ id: 2, image_id: 1, category_id: 2, area: 1, bbox: [3, 1, 1, 1], iscrowd: 0 },
          segmentation: [[3, 1, 4, 1, 4, 2, 3, 2]],
        },
      ],
      categories: [
        { id: 1, name: "wolf", supercategory: "wolf" },
        { id: 2, name: "ant", supercategory: "ant" },
      ],
    });
    const val = (await json(out, "annotations/instances_val.json")) as {
      annotations: readonly object[];
    };
    expect(val.annotations).toEqual([
      {
        ...{ id: 1, image_id: 1, category_id: 1, area: 8, bbox: [1, 1, 3, 3], iscrowd: 0 },
        segmentation: { size: [4, 6], counts: [5, 3, 1, 1, 1, 1, 1, 3, 8] },
      },
    ]);
  });

  test("crowds stay crowds, outlines stay as they are, and void in other formats", async () => {
    const root = join(folder, "crowd");
    await mkdir(join(root, "annotations"), { recursive: true });
    const create = { width: 6, height: 4, channels: 3 as const, background: "#345678" };
    await sharp({ create }).png().toFile(join(root, "p.png"));
    const annotation = { image_id: 7, category_id: 3 };
    const ring = [0.25, 0.5, 3.75, 0.5, 3.75, 3.5];
    const annotations = [
      { ...annotation, id: 1, segmentation: [ring], bbox: [0.25, 0.5, 3.5, 3], iscrowd: 0 },
      {
        ...{ ...annotation, id: 2, bbox: [4, 0, 2, 4], iscrowd: 1 },
        segmentation: { size: [4, 6], counts: [16, 8] },
      },
      { ...annotation, id: 3, bbox: [0, 3, 1, 1], iscrowd: 0 },
    ];
    const file = {
      images: [{ id: 7, width: 6, height: 4, file_name: "p.png" }],
      categories: [{ id: 3, name: "wolf" }],
      annotations,
    };
    await writeFile(join(root, "annotations/instances_train.json"), JSON.stringify(file));
    const coco = await convert({ data: root, to: "coco" });
    expect(coco.notes).toEqual([]);
    const back = (await json(coco.out, "annotations/instances_train.json")) as {
      annotations: readonly object[];
    };
    expect(back.annotations).toMatchObject([
      { segmentation: [ring], bbox: [0.25, 0.5, 3.5, 3], iscrowd: 0 },
      { segmentation: { size: [4, 6], counts: [16, 8] }, area: 8, iscrowd: 1 },
      { segmentation: [], bbox: [0, 3, 1, 1], iscrowd: 0 },
    ]);
    const yolo = await convert({ data: root, to: "yolo" });
    expect(yolo.notes).toEqual([
      "1 picture: boxes were left out",
      "1 picture: a crowd was left out, and became background",
    ]);
  });

  test("a picture with tags alone has nothing, and is told; a whole set of them is refused", async () => {
    const data = await writeTable("tags", [
      { tags: ["wolf"] },
      { tags: ["ant"], boxes: [["ant", 1, 1, 3, 3]], split: "val" },
    ]);
    expect((await convert({ data, to: "coco" })).notes).toEqual([
      "1 picture: a tag of which there is no object was left out",
    ]);
    await expect(convert({ data, to: "coco", split: "train" })).rejects.toThrow(
      `${join(folder, "tags")}: no picture has a mask or boxes, and coco holds objects, not tags of whole pictures. Give masks (--masks), or convert to label-studio, table, voc or folders.`,
    );
  });
});

describe("to YOLO", () => {
  test("a hole is walked around within the ring; boxes beside masks are those around them", async () => {
    const { out, notes } = await convert({ to: "yolo" });
    expect(await readFile(join(out, "labels/val/p1.txt"), "utf8")).toBe(
      "0 0.1666667 0.25 0.6666667 0.25 0.6666667 1 0.1666667 1 0.3333333 0.75 0.5 0.75 0.5 0.5 0.3333333 0.5 0.3333333 0.75 0.1666667 1\n",
    );
    expect(parse(await readFile(join(out, "data.yaml"), "utf8"))).toEqual({
      ...{ train: "images/train", val: "images/val", names: ["wolf", "ant"] },
    });
    expect(notes).not.toContain("1 picture: boxes were left out");
  });

  test("a set without masks has rows of boxes; a split alone stands for train", async () => {
    const data = await writeTable("boxes", [
      { boxes: [["ant", 1.5, 1, 4.5, 3]], split: "val" },
      { tags: ["wolf"] },
    ]);
    const { out, splits } = await convert({ data, to: "yolo", split: "val" });
    expect(splits).toEqual({ val: 1 });
    expect(await readFile(join(out, "labels/val/p0.txt"), "utf8")).toBe("1 0.5 0.5 0.5 0.5\n");
    expect(parse(await readFile(join(out, "data.yaml"), "utf8"))).toMatchObject({
      ...{ train: "images/val", val: "images/val" },
    });
  });
});

describe("to Label Studio", () => {
  test("tags are choices, objects strokes or rectangles; predictions are asked for", async () => {
    const data = await writeTable("studio", [
      { mask: ["100000", "000000", "000000", "000000"], tags: ["wolf", "ant"] },
      { boxes: [["ant", 1.5, 1, 4.5, 3]] },
    ]);
    const { out } = await convert({
      ...{ data, to: "label-studio", predictions: true },
      imagePrefix: "/data/local-files/?d=set",
    });
    const picture = { original_width: 6, original_height: 4, image_rotation: 0, to_name: "image" };
    const tasks = (await json(out, "tasks.json")) as object[];
    expect(tasks).toEqual([
      {
        data: { image: "/data/local-files/?d=set/images/p0.png", split: "train" },
        predictions: [
          {
            model_version: "gain",
            result: [
              {
                ...{ id: "gain1", from_name: "tags", to_name: "image", type: "choices" },
                value: { choices: ["wolf", "ant"] },
              },
              {
                ...{ id: "gain2", from_name: "masks", type: "brushlabels", ...picture },
                value: {
                  ...{ format: "rle", brushlabels: ["wolf"] },
                  rle: [0, 0, 0, 96, 57, 27, 252, 127, 249, 108, 0],
                },
              },
            ],
          },
        ],
      },
      {
        data: { image: "/data/local-files/?d=set/images/p1.png", split: "train" },
        predictions: [
          {
            model_version: "gain",
            result: [
              {
                ...{ id: "gain1", from_name: "tags", to_name: "image", type: "choices" },
                value: { choices: ["ant"] },
              },
              {
                ...{ id: "gain2", from_name: "boxes", type: "rectanglelabels", ...picture },
                value: {
                  ...{ x: 25, y: 25, width: 50, height: 50, rotation: 0 },
                  rectanglelabels: ["ant"],
                },
              },
            ],
          },
        ],
      },
    ]);
    expect(await readFile(join(out, "label_config.xml"), "utf8")).toBe(
      `<View>
  <Image name="image" value="$image"/>
  <BrushLabels name="masks" toName="image">
    <Label value="wolf" background="#800000"/>
    <Label value="ant" background="#008000"/>
  </BrushLabels>
  <RectangleLabels name="boxes" toName="image">
    <Label value="wolf" background="#800000"/>
    <Label value="ant" background="#008000"/>
  </RectangleLabels>
  <Choices name="tags" toName="image" choice="multiple">
    <Choice value="wolf"/>
    <Choice value="ant"/>
  </Choices>
</View>
`,
    );
  });

  test("paths are encoded as parts of an address", async () => {
    const root = join(folder, "encoded");
    await mkdir(join(root, "wolf"), { recursive: true });
    const create = { width: 6, height: 4, channels: 3 as const, background: "#345678" };
    await sharp({ create })
      .png()
      .toFile(join(root, "wolf", "a #1.png"));
    const { out } = await convert({ data: root, to: "label-studio" });
    expect(await json(out, "tasks.json")).toMatchObject([
      { data: { image: "images/a%20%231.png" }, annotations: [{}] },
    ]);
    expect(await readdir(join(out, "images"))).toEqual(["a #1.png"]);
  });
});

describe("to VOC", () => {
  test("boxes count from 1 and include their last pixel, which a thin one has, too", async () => {
    const data = await writeTable("thin", [{ boxes: [["ant", 1, 2, 1.5, 4]] }]);
    const { out, notes } = await convert({ data, to: "voc" });
    const xml = await readFile(join(out, "Annotations/p0.xml"), "utf8");
    expect(xml.replace(/\s+/g, "")).toContain(
      "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>2</xmax><ymax>4</ymax></bndbox>",
    );
    expect(notes).toEqual(["1 picture: a box less than a pixel wide or high became a pixel"]);
  });

  test("a split of which some pictures have no mask has no list for segmentation", async () => {
    const mask = ["100000", "000000", "000000", "000000"];
    const data = await writeTable("mixed", [{ mask }, { tags: ["ant"] }, { mask, split: "val" }]);
    const { out, notes } = await convert({ data, to: "voc" });
    expect(await readdir(join(out, "ImageSets/Segmentation"))).toEqual(["val.txt"]);
    expect(notes).toEqual([
      'the split "train" has no list in ImageSets/Segmentation: 1 of its 2 pictures have no mask',
    ]);
    const { splits } = await openDataset(out);
    expect(splits.train.map(({ tags }) => tags)).toEqual([[], [1]]);
  });
});

describe("to folders", () => {
  test("a picture with several tags, or none, is named", async () => {
    const data = await writeTable("several", [{ tags: ["wolf"] }, { tags: ["wolf", "ant"] }]);
    await expect(convert({ data, to: "folders" })).rejects.toThrow(
      `${join(folder, "several/p1.png")}: a folder per class holds pictures with one tag each, and this one has wolf, ant. Choose classes of which each picture has one (--classes), or convert to voc or table.`,
    );
  });
});

describe("splits", () => {
  test("one whose pictures are all in others is left out, and one that YOLO lacks is told", async () => {
    const voc = await convert({ to: "voc" });
    const lists = join(voc.out, "ImageSets/Segmentation");
    await writeFile(join(lists, "trainval.txt"), "p0\np1\n");
    const trainval = 'the split "trainval" was left out: all its pictures are in others';
    expect((await convert({ data: voc.out, to: "coco" })).notes).toContain(trainval);
    expect((await convert({ data: voc.out, to: "voc" })).splits).toEqual({
      ...{ train: 1, trainval: 2, val: 1 },
    });
    await rm(join(lists, "val.txt"));
    for (const name of await readdir(join(voc.out, "ImageSets/Main"))) {
      if (/val\.txt$/.test(name)) await rm(join(voc.out, "ImageSets/Main", name));
    }
    await writeFile(join(lists, "val.txt"), "p0\n");
    const yolo = await convert({ data: voc.out, to: "yolo" });
    expect(yolo.notes).toContain(
      'the split "trainval" was left out, of whose pictures 1 are in no other: yolo has train, val, test',
    );
  });
});

describe("pictures", () => {
  test("are copied as they are, or linked", async () => {
    const image = join(folder, "data/p0.png");
    const copied = await convert({ to: "table" });
    expect(await readFile(join(copied.out, "images/p0.png"))).toEqual(await readFile(image));
    const linked = await convert({ to: "table", link: true });
    const [a, b] = await Promise.all([stat(image), stat(join(linked.out, "images/p0.png"))]);
    expect(b.ino).toBe(a.ino);
    expect((await stat(join(copied.out, "images/p0.png"))).ino).not.toBe(a.ino);
  });

  test("that an EXIF tag turns have their upright size, and are told", async () => {
    const root = join(folder, "turned");
    await mkdir(root);
    const create = { width: 6, height: 4, channels: 3 as const, background: "#345678" };
    await sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toFile(join(root, "p.jpg"));
    const row = {
      image: "p.jpg",
      tags: [],
      boxes: [{ tag: "a", left: 0, top: 0, right: 4, bottom: 6 }],
    };
    await writeFile(join(root, "t.json"), JSON.stringify([row]));
    const { out, notes } = await convert({ data: join(root, "t.json"), to: "coco" });
    expect(await json(out, "annotations/instances_train.json")).toMatchObject({
      images: [{ width: 4, height: 6 }],
    });
    expect(notes).toEqual([
      "1 picture: an EXIF tag turns it; sizes, masks and boxes are of the upright picture, which tools that ignore the tag do not see",
    ]);
  });

  test("that cannot be read are left out and told; a set of them alone is refused", async () => {
    const data = await writeTable("broken", [{ tags: ["ant"] }, { tags: ["wolf"] }]);
    const bad = join(folder, "broken/p1.png");
    await writeFile(bad, "no picture");
    const { problems, splits } = await convert({ data, to: "table" });
    expect(splits).toEqual({ train: 1 });
    expect(problems).toEqual([
      {
        file: bad,
        reason: "the picture cannot be decoded (Input file contains unsupported image format)",
        fix: "Replace the file, or take it out of the data set",
      },
    ]);
    await writeFile(join(folder, "broken/p0.png"), "no picture");
    const out = newFolder();
    await expect(convert({ data, to: "table", out })).rejects.toThrow(
      `${join(folder, "broken/p0.png")}: the picture cannot be decoded (Input file contains unsupported image format); no picture of the data set can be converted. Run gain check on it to list all that is wrong.`,
    );
    await expect(stat(out)).rejects.toThrow("ENOENT");
  });

  test("whose boxes cannot be read are left out and told", async () => {
    const { out: data } = await convert({ to: "voc" });
    const bad = join(data, "Annotations/p0.xml");
    await writeFile(bad, "<annotation>");
    const { problems, splits } = await convert({ data, to: "coco" });
    expect(splits).toEqual({ train: 0, val: 1 });
    expect(problems).toEqual([
      {
        file: bad,
        reason: 'this is no annotation: it does not end in "</annotation>"',
        fix: "Correct the file, or take it away",
      },
    ]);
  });

  test("take other masks in place of their own masks and boxes", async () => {
    const masks = join(folder, "masks");
    await mkdir(masks);
    await writeIndexedPng(join(masks, "p0.png"), new Uint8Array(24).fill(2), 6, 4);
    const { out, objects } = await convert({ to: "yolo", masks });
    expect(objects).toBe(1);
    expect(await readFile(join(out, "labels/train/p0.txt"), "utf8")).toBe("1 0 0 1 0 1 1 0 1\n");
    expect(await readFile(join(out, "labels/val/p1.txt"), "utf8")).toBe("");
  });
});

describe("the folder", () => {
  test("is replaced if it is a conversion, and refused if it holds anything else", async () => {
    const { out } = await convert({ to: "voc" });
    await convert({ to: "table", out });
    expect((await readdir(out)).sort()).toEqual([
      ...[".gain-convert", "classes.txt", "images", "masks", "table.json"],
    ]);
    await rm(join(out, ".gain-convert"));
    await expect(convert({ to: "table", out })).rejects.toThrow(
      `${out}: there are files that gain convert did not make, and they would be replaced. Name a new or empty folder.`,
    );
  });

  test("is refused if it holds the data set", async () => {
    const { out } = await convert({ to: "voc" });
    await expect(convert({ data: out, to: "coco", out })).rejects.toThrow(
      `${out}: the folder for the result must hold nothing that is read, and holds the data set. Name another folder.`,
    );
  });

  test("is as it was after the work was stopped, and nothing is left beside it", async () => {
    const { out } = await convert({ to: "voc" });
    const controller = new AbortController();
    const stopped = convert({
      ...{ to: "coco", out, signal: controller.signal },
      onProgress: () => controller.abort(),
    });
    await expect(stopped).rejects.toThrow("aborted");
    expect(await readdir(out)).toContain("JPEGImages");
    await expect(stat(`${out}.partial`)).rejects.toThrow("ENOENT");
  });
});
