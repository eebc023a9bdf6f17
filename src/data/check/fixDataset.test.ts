import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { texture, writePicture } from "../../../test/texture.ts";
import { pathsBelow } from "../files.ts";
import { decodeMask } from "../mask.ts";
import { readDataset } from "../readDataset.ts";
import { vocPalette } from "../vocPalette.ts";
import { checkDataset } from "./checkDataset.ts";
import { type FixReport, fixDataset } from "./fixDataset.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-fix-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fix = async (path: string): Promise<FixReport> => fixDataset(path, await checkDataset(path));

/** All files below a folder with their content. */
async function contents(root: string): Promise<Record<string, string>> {
  const paths = (await pathsBelow(root)).filter((path) => /\.\w+$/.test(path));
  const texts = paths.map(async (path) => [path, await readFile(join(root, path), "base64")]);
  return Object.fromEntries(await Promise.all(texts));
}

test("what needs no judgement is mended once, and the originals can be put back", async () => {
  const root = join(folder, "data");
  const at = (name: string): string => join(root, name);
  await mkdir(root);
  await texture(1, 64, 44).withMetadata({ orientation: 6 }).jpeg().toFile(at("turned.jpg"));
  await texture(2).ensureAlpha(0.5).png().toFile(at("glass.png"));
  await texture(3).toColourspace("rgb16").png().toFile(at("deep.png"));
  await texture(4).toColourspace("cmyk").jpeg().toFile(at("print.jpg"));
  await writePicture(at("plain.png"), texture(5));
  await writePicture(at("seen.png"), texture(6));
  await copyFile(at("seen.png"), at("copy.png"));
  const labels = Uint8Array.from({ length: 60 * 40 }, (_, i) =>
    i % 60 < 20 ? 2 : i % 60 < 40 ? 1 : 0,
  );
  const colours = Uint8Array.from(
    { length: 3 * labels.length },
    (_, i) => vocPalette()[3 * labels[Math.floor(i / 3)] + (i % 3)],
  );
  await sharp(colours, { raw: { width: 60, height: 40, channels: 3 } }).toFile(at("mask.png"));
  const table = at("table.csv");
  await writeFile(
    table,
    [
      "image,tags,mask,split,remark",
      'turned.jpg, cup ,,train,"a, b"',
      'glass.png,"cup; pot",,train,',
      "deep.png,cup ;pot,,train,",
      "print.jpg,pot,,train,",
      "plain.png,cup;pot,mask.png,train,",
      "copy.png,pot,,train,",
      "seen.png,pot,,val,",
      "",
    ].join("\r\n"),
  );
  const before = await contents(root);
  const { classes, splits } = await readDataset(table);
  const mask = await decodeMask(at("mask.png"), (await readDataset(table)).maskLabels);

  const fixed = await fix(table);
  expect(fixed.backup).toBe(`${root}-gain-check-backup`);
  expect(fixed.refused).toEqual([]);
  const told = fixed.changes.map(({ file, kinds, change }) => [
    file.slice(root.length + 1),
    kinds,
    change,
  ]);
  expect(told.sort()).toEqual([
    ["deep.png", ["picture-16-bit"], "stored with 8 bits"],
    ["glass.png", ["picture-alpha"], "put on white"],
    ["mask.png", ["mask-colours"], "stored as an indexed PNG"],
    ["print.jpg", ["picture-cmyk"], "converted to sRGB"],
    [
      "table.csv",
      ["tag-spaces", "duplicate-across-splits"],
      'spaces around tags removed, 1 copy of pictures of other splits taken out of "train"',
    ],
    ["turned.jpg", ["exif-rotation"], "stored upright"],
  ]);

  // It holds the same but for the copy, and is clean.
  expect(await readFile(table, "utf8")).toBe(
    [
      "image,tags,mask,split,remark",
      'turned.jpg,cup,,train,"a, b"',
      "glass.png,cup; pot,,train,",
      "deep.png,cup;pot,,train,",
      "print.jpg,pot,,train,",
      "plain.png,cup;pot,mask.png,train,",
      "seen.png,pot,,val,",
      "",
    ].join("\r\n"),
  );
  const after = await readDataset(table);
  expect(after.classes).toEqual(classes);
  expect(after.splits.train).toEqual(splits.train.filter(({ id }) => id !== "copy"));
  expect(await decodeMask(at("mask.png"), after.maskLabels)).toEqual(mask);
  expect(await sharp(at("turned.jpg")).metadata()).toMatchObject({
    width: 44,
    height: 64,
    orientation: 1,
  });
  expect(await sharp(at("deep.png")).metadata()).toMatchObject({ depth: "uchar", channels: 3 });
  expect(await sharp(at("print.jpg")).metadata()).toMatchObject({ space: "srgb" });
  expect(await sharp(at("glass.png")).metadata()).toMatchObject({ hasAlpha: false });
  const report = await checkDataset(table);
  expect([...report.problems, ...report.notes].map(({ kind }) => kind)).toEqual([
    "class-not-in-val",
    "unlisted-pictures",
  ]);

  // A second time there is nothing to do.
  const again = await contents(root);
  expect(await fix(table)).toEqual({ backup: fixed.backup, changes: [], refused: [] });
  expect(await contents(root)).toEqual(again);

  // The log names each change, and the backup is the originals.
  const log = (await readFile(join(fixed.backup, "changes.jsonl"), "utf8")).trim().split("\n");
  expect(log.map((line) => JSON.parse(line))).toEqual(fixed.changes);
  for (const { file, backup } of fixed.changes) await copyFile(backup, file);
  expect(await contents(root)).toEqual(before);
});

test("an original of an earlier fix stays beside that of a later one", async () => {
  const root = join(folder, "twice");
  await mkdir(root);
  const table = join(root, "table.json");
  for (const name of ["a", "b"])
    await writePicture(join(root, `${name}.png`), texture(name.charCodeAt(0)));
  const rows = (tag: string): string =>
    JSON.stringify(
      [
        {
          image: "a.png",
          tags: [tag],
          boxes: [{ tag: "pot ", left: 0, top: 0, right: 9, bottom: 9 }],
        },
        { image: "b.png", tags: [tag.trim()], split: "val", note: 1 },
      ],
      null,
      1,
    );
  for (const tag of ["cup ", " cup"]) {
    await writeFile(table, rows(tag));
    const { changes } = await fix(table);
    expect(changes).toHaveLength(1);
    expect(await readFile(changes[0].backup, "utf8")).toBe(rows(tag));
    expect(await readFile(table, "utf8")).toBe(`${rows("cup").replace("pot ", "pot")}\n`);
  }
  expect(
    (await pathsBelow(`${root}-gain-check-backup`)).filter((path) => path.includes("table")),
  ).toEqual(["files/table.json", "files/table.json.2"]);
});

test("copies leave VOC's lists of train, and only those", async () => {
  const root = join(folder, "voc");
  const lists = join(root, "ImageSets/Main");
  await mkdir(lists, { recursive: true });
  for (const [i, id] of ["a", "b", "c"].entries()) {
    await writePicture(join(root, "JPEGImages", `${id}.png`), texture(20 + i));
  }
  await copyFile(join(root, "JPEGImages/c.png"), join(root, "JPEGImages/d.png"));
  await writeFile(join(lists, "train.txt"), "a\nd\nb\n");
  await writeFile(join(lists, "cup_train.txt"), "a 1\nd 1\nb -1\n");
  await writeFile(join(lists, "pot_train.txt"), "a -1\nd -1\nb 1\n");
  await writeFile(join(lists, "cup_val.txt"), "c 1\n");
  await writeFile(join(lists, "pot_val.txt"), "c -1\n");
  await writeFile(join(lists, "trainval.txt"), "a\nb\nc\nd\n");
  const { changes } = await fix(root);
  expect(changes.map(({ file, change }) => [file, change])).toEqual([
    [join(lists, "train.txt"), '1 copy of pictures of other splits taken out of "train"'],
  ]);
  const text = (name: string): Promise<string> => readFile(join(lists, name), "utf8");
  expect(await text("train.txt")).toBe("a\nb\n");
  expect(await text("cup_train.txt")).toBe("a 1\nd 1\nb -1\n");
  expect(await text("trainval.txt")).toBe("a\nb\nc\nd\n");
  expect((await checkDataset(root)).problems.map(({ kind }) => kind)).toEqual(["class-not-in-val"]);

  // Without it, the lists of the classes are the split.
  await rm(join(lists, "train.txt"));
  await rm(join(lists, "trainval.txt"));
  expect((await fix(root)).changes.map(({ file }) => file)).toEqual(
    ["cup_train.txt", "pot_train.txt"].map((name) => join(lists, name)),
  );
  expect(await text("pot_train.txt")).toBe("a -1\nb 1\n");
});

test("copies with other tags, and copies in folders, are left to judgement", async () => {
  const root = join(folder, "judge");
  await mkdir(root);
  await writePicture(join(root, "a.png"), texture(30));
  await writePicture(join(root, "c.png"), texture(31));
  await copyFile(join(root, "a.png"), join(root, "b.png"));
  const table = join(root, "table.json");
  const rows = [
    { image: "a.png", tags: ["cup"] },
    { image: "c.png", tags: ["pot"] },
    { image: "b.png", tags: ["pot"], split: "val" },
  ];
  await writeFile(table, JSON.stringify(rows));
  expect((await fix(table)).changes).toEqual([]);
  for (const split of ["train", "val"]) {
    await mkdir(join(root, split, "cup"), { recursive: true });
    await copyFile(join(root, "a.png"), join(root, split, "cup", "a.png"));
  }
  const report = await checkDataset(root);
  expect(report.problems.map(({ kind }) => kind)).toContain("duplicate-across-splits");
  expect((await fixDataset(root, report)).changes).toEqual([]);
});
