import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "../../src/data/decodePng.ts";
import { gain, jsonLines } from "./gain.ts";
import { temporaryFolder, tinyData } from "./tinyData.ts";

let folder = "";
let data = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
});

describe("gain convert", () => {
  test("takes a data set through COCO and back: lists and masks are the same", async () => {
    const coco = join(folder, "coco");
    expect(await gain(["convert", data, coco, "--to", "coco"])).toMatchObject({
      status: 0,
      stdout: `${coco}: coco, 14 pictures for train, 4 for val, 18 objects\n`,
      stderr: expect.stringContaining(
        "18 pictures: the mask has classes, not objects: objects of a class that touch are one\n",
      ),
    });
    const back = join(folder, "back");
    const outcome = await gain(["convert", coco, back, "--to", "voc", "--json"]);
    expect(outcome.status).toBe(0);
    expect(jsonLines(outcome)).toEqual([
      {
        ...{ out: back, format: "voc", classes: ["disc", "square"], problems: [], notes: [] },
        ...{ splits: { train: 14, val: 4 }, pictures: 18, objects: 18 },
      },
    ]);
    const lists = ["Main/disc_train", "Main/square_val", "Segmentation/val"];
    for (const path of lists.map((list) => `ImageSets/${list}.txt`)) {
      const words = async (root: string): Promise<string[]> =>
        (await readFile(join(root, path), "utf8")).split(/\s+/);
      expect(await words(back)).toEqual(await words(data));
    }
    for (const name of await readdir(join(data, "SegmentationClass"))) {
      const path = join("SegmentationClass", name);
      const [a, b] = await Promise.all([readFile(join(data, path)), readFile(join(back, path))]);
      expect(decodePng(b).samples, name).toEqual(decodePng(a).samples);
    }
  });

  test("writes masks as predictions for Label Studio", async () => {
    const out = join(folder, "studio");
    const outcome = await gain([
      ...["convert", data, out, "--to", "label-studio", "--predictions", "--split", "val"],
      ...["--masks", join(data, "SegmentationClass"), "--image-prefix", "http://here/", "--link"],
    ]);
    expect(outcome).toMatchObject({
      status: 0,
      stdout: `${out}: label-studio, 4 pictures for val, 4 objects\n`,
    });
    const tasks: unknown = JSON.parse(await readFile(join(out, "tasks.json"), "utf8"));
    expect(tasks).toHaveLength(4);
    expect(tasks).toMatchObject([
      {
        data: { image: "http://here/images/val0.jpg", split: "val" },
        predictions: [{ result: [{ type: "choices" }, { type: "brushlabels" }] }],
      },
      {},
      {},
      {},
    ]);
  });

  test("leaves out a picture that cannot be read, and ends with 1", async () => {
    const broken = await tinyData(folder, "broken");
    const picture = join(broken, "JPEGImages/train3.jpg");
    await writeFile(picture, "no picture");
    const out = join(folder, "whole");
    const outcome = await gain(["convert", broken, out, "--to", "yolo"]);
    expect(outcome).toMatchObject({
      status: 1,
      stdout: `${out}: yolo, 13 pictures for train, 4 for val, 17 objects\n`,
      stderr: expect.stringContaining(
        `left out: ${picture}: the picture cannot be decoded (Input file contains unsupported image format). Replace the file, or take it out of the data set.\n`,
      ),
    });
  });

  test("refuses a folder of something else, another format's options and unknown formats, in a line each", async () => {
    const other = join(folder, "other");
    await mkdir(other);
    await writeFile(join(other, "mine.txt"), "mine");
    expect(await gain(["convert", data, other, "--to", "voc"])).toMatchObject({
      status: 1,
      stderr: `gain: ${other}: there are files that gain convert did not make, and they would be replaced. Name a new or empty folder.\n`,
    });
    const out = join(folder, "none");
    expect(await gain(["convert", data, out, "--to", "voc", "--predictions"])).toMatchObject({
      status: 2,
      stderr:
        "gain: --predictions: must come with --to label-studio; got --to voc. Leave it out.\n",
    });
    expect(await gain(["convert", data, out, "--to", "pascal"])).toMatchObject({
      status: 2,
      stderr:
        "gain: option '--to <format>' argument 'pascal' is invalid. Allowed choices are coco, voc, yolo, label-studio, table, folders.\n",
    });
    await expect(stat(out)).rejects.toThrow("ENOENT");
  });

  test("stops at Ctrl-C and leaves nothing", async () => {
    const many = await tinyData(folder, "many");
    // So many that there is time to stop.
    const rows = Array.from({ length: 4000 }, (_, i) => `copies/c${i}.jpg,disc`);
    const bytes = await readFile(join(many, "JPEGImages/train0.jpg"));
    await mkdir(join(many, "copies"));
    for (let i = 0; i < rows.length; i++) await writeFile(join(many, `copies/c${i}.jpg`), bytes);
    await writeFile(join(many, "table.csv"), `image,tags\n${rows.join("\n")}\n`);
    const out = join(folder, "stopped");
    const stopped = gain(
      ["convert", join(many, "table.csv"), out, "--to", "voc"],
      undefined,
      (child) => {
        child.stderr?.on("data", (text: Buffer) => {
          if (text.toString().includes("convert: ")) child.kill("SIGINT");
        });
      },
    );
    expect(await stopped).toMatchObject({
      status: 130,
      stderr: expect.stringContaining("stopping; nothing is kept\n"),
    });
    for (const path of [out, `${out}.partial`]) await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});
