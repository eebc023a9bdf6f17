import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkDataset } from "../check/checkDataset.ts";
import { decodePng } from "../decodePng.ts";
import { readDataset } from "../readDataset.ts";
import { DataError } from "../types.ts";
import { writeSample } from "./writeSample.ts";

let root: string;
let first: string;
const options = { images: 24, seed: 5, size: 96 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sample-"));
  first = join(root, "first");
  await writeSample(first, options);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Every file's hash by its path below the folder. */
async function hashes(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const pairs = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const hash = createHash("sha256").update(await readFile(path));
    return [path.slice(directory.length + 1), hash.digest("hex")] as const;
  });
  return Object.fromEntries((await Promise.all(pairs)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function linesOf(...path: string[]): Promise<string[]> {
  return (await readFile(join(...path), "utf8")).trimEnd().split("\n");
}

test("the same seed gives the same files, another seed gives others", async () => {
  const [again, other] = [join(root, "again"), join(root, "other")];
  await writeSample(again, options);
  await writeSample(other, { ...options, seed: 6 });
  const expected = await hashes(first);
  expect(await hashes(again)).toEqual(expected);
  const differing = await hashes(other);
  const image = join("JPEGImages", "000001.jpg");
  expect(differing[image]).not.toBe(expected[image]);
});

test("writes VOC's layout, one picture in six for validation", async () => {
  const train = await linesOf(first, "ImageSets", "Segmentation", "train.txt");
  const val = await linesOf(first, "ImageSets", "Segmentation", "val.txt");
  expect([train.length, val.length]).toEqual([20, 4]);
  for (const id of [...train, ...val]) {
    expect((await stat(join(first, "JPEGImages", `${id}.jpg`))).size).toBeGreaterThan(0);
    const mask = decodePng(await readFile(join(first, "SegmentationClass", `${id}.png`)));
    expect([mask.width, mask.height]).toEqual([96, 96]);
  }
  for (const name of await linesOf(first, "classes.txt")) {
    const lines = await linesOf(first, "ImageSets", "Main", `${name}_train.txt`);
    expect(lines.map((line) => line.slice(0, 6))).toEqual(train);
    expect(lines.every((line) => / ( 1|-1)$/.test(line))).toBe(true);
  }
});

test("credits every icon set with its author and licence", async () => {
  const text = await readFile(join(first, "LICENSES.txt"), "utf8");
  for (const word of ["Google Inc", "Microsoft", "Mozilla", "Twitter", "Apache-2.0", "CC-BY-4.0"]) {
    expect(text).toContain(word);
  }
});

test("leaves a folder alone that holds exactly this sample", async () => {
  const image = join(first, "JPEGImages", "000001.jpg");
  const before = (await stat(image)).mtimeMs;
  const summary = await writeSample(first, options);
  expect(summary).toEqual({
    directory: first,
    classes: ["dog", "cat", "car", "boat", "bird"],
    splits: { train: 20, val: 4 },
    isNew: false,
  });
  expect((await stat(image)).mtimeMs).toBe(before);
});

test("a biased sample has splits of its own, which the reader finds", async () => {
  const directory = join(root, "boats");
  const { splits } = await writeSample(directory, { kind: "boats", images: 24 });
  expect(splits).toEqual({ train: 12, val: 4, "boat-off-water": 4, "water-without-boat": 4 });
  const dataset = await readDataset(directory);
  const boat = dataset.classes.indexOf("boat");
  const tagged = (split: string): boolean[] =>
    dataset.splits[split].map(({ tags }) => tags.includes(boat));
  expect(tagged("boat-off-water")).toEqual([true, true, true, true]);
  expect(tagged("water-without-boat")).toEqual([false, false, false, false]);
});

test("the camera's training pictures have boxes and no masks, those that it is measured on masks", async () => {
  const directory = join(root, "camera");
  await writeSample(directory, { kind: "camera", images: 24 });
  const { splits } = await readDataset(directory);
  const supervision = (split: string): string[] =>
    splits[split].map(({ mask, boxes }) =>
      [mask === undefined ? "" : "mask", boxes === undefined ? "" : "boxes"].join(""),
    );
  expect(supervision("train")).toEqual(new Array(16).fill("boxes"));
  expect(supervision("val")).toEqual(new Array(4).fill("mask"));
  expect(supervision("swapped")).toEqual(new Array(4).fill("mask"));
  expect(await readdir(join(directory, "Annotations"))).toHaveLength(16);
  expect(await readdir(join(directory, "SegmentationClass"))).toHaveLength(8);
  expect((await checkDataset(directory)).problems).toEqual([]);
});

test("replaces an earlier sample by another", async () => {
  const directory = join(root, "replaced");
  await writeSample(directory, { images: 6 });
  await writeSample(directory, { images: 3 });
  expect(await readdir(join(directory, "JPEGImages"))).toHaveLength(3);
});

test("clears what a killed run left beside the folder", async () => {
  const directory = join(root, "killed");
  await mkdir(`${directory}.partial`);
  const mark = '{"guidedAttentionSample":"unfinished"}\n';
  await writeFile(join(`${directory}.partial`, "sample.json"), mark);
  await writeFile(join(`${directory}.partial`, "stray.jpg"), "");
  await writeSample(directory, { images: 3 });
  expect(await readdir(directory)).not.toContain("stray.jpg");
  await expect(stat(`${directory}.partial`)).rejects.toThrow("ENOENT");
});

test("refuses a folder with something else in it", async () => {
  const directory = join(root, "foreign");
  await mkdir(directory);
  await writeFile(join(directory, "thesis.txt"), "precious");
  await expect(writeSample(directory, options)).rejects.toThrow(
    new DataError(
      `sample: ${directory} must be an empty or new folder, or hold an earlier sample; it holds ` +
        "something else. Name another folder.",
    ),
  );
  expect(await readdir(directory)).toEqual(["thesis.txt"]);
});

test("refuses to use a foreign folder for unfinished files", async () => {
  const directory = join(root, "beside");
  await mkdir(`${directory}.partial`);
  await writeFile(join(`${directory}.partial`, "thesis.txt"), "precious");
  await expect(writeSample(directory, options)).rejects.toThrow(
    `sample: ${directory}.partial must be free for unfinished files; it holds files of something ` +
      "else. Move it away.",
  );
});

test("an interrupted run leaves nothing, and what was there before stays", async () => {
  const directory = join(root, "interrupted");
  await writeSample(directory, { images: 3 });
  const abort = new AbortController();
  const run = writeSample(directory, {
    images: 100,
    signal: abort.signal,
    onProgress: (done) => {
      if (done === 5) abort.abort(new Error("stopped by the user"));
    },
  });
  await expect(run).rejects.toThrow("stopped by the user");
  expect(await readdir(join(directory, "JPEGImages"))).toHaveLength(3);
  await expect(stat(`${directory}.partial`)).rejects.toThrow("ENOENT");
});

test("names an option that is out of range", async () => {
  await expect(writeSample(join(root, "none"), { images: 1 })).rejects.toThrow(
    new DataError("sample: images must be a whole number from 2 to 999999; got 1."),
  );
});
