import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { texture, writePicture } from "../../../test/texture.ts";
import { writeIndexedPng } from "../indexedPng.ts";
import { checkDataset, type DatasetReport } from "./checkDataset.ts";
import type { Finding, FindingKind } from "./finding.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-check-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Findings of a kind, each as "file: reason. fix." with paths below the root. */
function told({ root, problems, notes }: DatasetReport, kind: FindingKind): string[] {
  return [...problems, ...notes]
    .filter((finding) => finding.kind === kind)
    .map(({ file, reason, fix }) => `${file}: ${reason}. ${fix}.`.replaceAll(`${root}/`, ""));
}

const kindsOf = ({ problems, notes }: DatasetReport): string[] =>
  [...new Set([...problems, ...notes].map(({ kind }) => kind))].sort();

/** A table in a folder of its own; rows without a split are for training. */
async function table(name: string, rows: readonly object[]): Promise<string> {
  await mkdir(join(folder, name), { recursive: true });
  const path = join(folder, name, "table.json");
  await writeFile(path, JSON.stringify(rows, null, 2));
  return path;
}

/** Two pictures of each split and class, so that nothing else is found. */
async function plainRows(name: string): Promise<object[]> {
  const rows = [
    { image: "p0.png", tags: ["cup"], split: "train" },
    { image: "p1.png", tags: ["pot"], split: "train" },
    { image: "p2.png", tags: ["cup"], split: "val" },
    { image: "p3.png", tags: ["pot"], split: "val" },
  ];
  for (const [i, { image }] of rows.entries()) {
    await writePicture(join(folder, name, image), texture(100 + i));
  }
  return rows;
}

test("every problem is listed with its file and cure, and the rest is counted", async () => {
  const root = join(folder, "voc");
  for (const name of ["JPEGImages", "SegmentationClass", "ImageSets/Main"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  const image = (id: string): string => join(root, "JPEGImages", `${id}.jpg`);
  const mask = (id: string): string => join(root, "SegmentationClass", `${id}.png`);
  for (const [i, id] of ["good", "small", "illegal", "untagged"].entries()) {
    await writePicture(image(id), texture(i));
  }
  const jpeg = await texture(9).jpeg().toBuffer();
  await writeFile(image("cut"), jpeg.subarray(0, jpeg.length / 2));
  await writeIndexedPng(mask("good"), new Uint8Array(2400).fill(1), 60, 40);
  await writeIndexedPng(mask("small"), new Uint8Array(2460), 60, 41);
  await writeIndexedPng(mask("illegal"), new Uint8Array(2400).fill(9), 60, 40);
  await writeFile(join(root, "classes.txt"), "cup\npot\n");
  const list = join(root, "ImageSets/Main/cup_train.txt");
  await writeFile(list, "good 1\nsmall 1\nillegal 1\nuntagged -1\ncut 1\ngone 1\n");
  await writeFile(join(root, "ImageSets/Main/val.txt"), "");
  await writePicture(image("spare"), texture(20));

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
    images: 6,
    splits: {
      train: {
        images: 6,
        classes: { cup: 5, pot: 0 },
        shares: { cup: 5 / 6, pot: 0 },
        untagged: 1,
        masks: 3,
        boxes: 0,
      },
      val: { images: 0 },
    },
    cooccurrence: [
      [5, 0],
      [0, 0],
    ],
  });
  const line = ({ file, reason, severity }: Finding): string => `${severity} ${file}: ${reason}`;
  expect(report.problems.map(line)).toEqual([
    `error ${root}: no picture has the class "pot"`,
    `error ${mask("small")}: the mask is 60x41 pixels, its picture 60x40`,
    `error ${mask("illegal")}: the mask's pixel (0, 0) has the value 9, which stands for no class`,
    expect.stringContaining(`error ${image("cut")}: the picture cannot be decoded`),
    `error ${image("gone")}: there is no such picture, or it may not be read; line 6 of ${list} names it`,
    `warning ${root}: the split "val" is empty`,
    `warning ${image("untagged")}: the picture has no tag`,
  ]);
  expect(report.problems[4].listed).toEqual({ file: list, line: 6 });
  expect(report.notes).toEqual([
    {
      file: join(root, "JPEGImages"),
      reason: "1 of its pictures are in no list (spare.jpg)",
      fix: "List them, or leave them unused",
      kind: "unlisted-pictures",
      severity: "note",
      others: [image("spare")],
    },
  ]);
});

test("nothing is found where nothing is wrong", async () => {
  const report = await checkDataset(await table("plain", await plainRows("plain")));
  expect(report.problems).toEqual([]);
  expect(report.notes).toEqual([]);
});

test("a box outside its picture is a problem", async () => {
  const box = { tag: "cup", left: 0, top: 0, right: 61, bottom: 40 };
  const rows = (await plainRows("boxes")).map((row, i) =>
    i === 0 ? { ...row, boxes: [box] } : row,
  );
  const report = await checkDataset(await table("boxes", rows));
  expect(report.splits.train.boxes).toBe(1);
  expect(told(report, "box-outside")).toEqual([
    "p0.png: a box ends at (61, 40), outside the 60x40 pixels of the picture. " +
      "Give boxes in pixels of the upright picture.",
  ]);
});

test("a file of boxes that cannot be read is a problem, and the others are counted", async () => {
  const voc = join(folder, "annotated");
  for (const part of ["JPEGImages", "Annotations", "ImageSets/Main"]) {
    await mkdir(join(voc, part), { recursive: true });
  }
  const object =
    "<object><name>cup</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>";
  const texts = {
    a: `<annotation>${object}</annotation>`,
    b: `<annotation>${object}`,
    c: "</annotation>",
  };
  for (const [i, [id, text]] of Object.entries(texts).entries()) {
    await writePicture(join(voc, "JPEGImages", `${id}.jpg`), texture(300 + i));
    await writeFile(join(voc, "Annotations", `${id}.xml`), text);
  }
  await writeFile(join(voc, "ImageSets/Main/cup_train.txt"), "a 1\nb 1\nc 1\n");
  const report = await checkDataset(voc);
  const boxed = Object.values(report.splits).map(({ boxes }) => boxes);
  expect(boxed.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(told(report, "unreadable-boxes").sort()).toEqual([
    'Annotations/b.xml: this is no annotation: it does not end in "</annotation>". Correct the file, or take it away.',
    "Annotations/c.xml: it must hold one annotation; got nothing. Correct the file, or take it away.",
  ]);
});

test("classes that one split lacks, and very different ones, are told", async () => {
  const rows = await plainRows("splits");
  for (let i = 0; i < 20; i++) {
    await writePicture(join(folder, "splits", `m${i}.png`), texture(200 + i));
    rows.push({ image: `m${i}.png`, tags: ["cup"], split: "train" });
  }
  await writePicture(join(folder, "splits", "jug.png"), texture(300));
  await writePicture(join(folder, "splits", "pan.png"), texture(301));
  rows.push({ image: "jug.png", tags: ["jug"] }, { image: "pan.png", tags: ["pan"], split: "val" });
  const report = await checkDataset(await table("splits", rows));
  const { root } = report;
  expect(told(report, "class-not-in-val")).toEqual([
    `${root}: no picture of the split "val" has the class "jug". Move some there: what is not there is not measured.`,
  ]);
  expect(told(report, "class-not-in-train")).toEqual([
    `${root}: no picture of the split "train" has the class "pan", but some of "val" have it. Move some there: what is not there is not learnt.`,
  ]);
  expect(told(report, "class-imbalance")).toEqual([
    `${root}: 21 pictures to train on have "cup", and 1 "pot". Add pictures of the rare class, and read the figures by class: the mean hides it.`,
  ]);
});

test("copies are told within and across splits, exact and near, and when their tags differ", async () => {
  const rows = await plainRows("copies");
  const at = (name: string): string => join(folder, "copies", name);
  // the same bytes across splits, the same pixels within one, nearly the same with other tags
  await copyFile(at("p2.png"), at("leak.png"));
  await sharp(at("p1.png")).png({ compressionLevel: 0 }).toFile(at("pixels.png"));
  await writePicture(at("big.png"), texture(400, 300, 200));
  await sharp(at("big.png")).resize(150, 100).jpeg({ quality: 60 }).toFile(at("reduced.jpg"));
  await writePicture(at("seen.png"), texture(401, 300, 200));
  await sharp(at("seen.png")).linear(0.8, 10).jpeg().toFile(at("darker.jpg"));
  rows.push(
    { image: "leak.png", tags: ["cup"] },
    { image: "pixels.png", tags: ["pot"] },
    { image: "big.png", tags: ["cup"] },
    { image: "reduced.jpg", tags: ["pot"] },
    { image: "darker.jpg", tags: ["pot"] },
    { image: "seen.png", tags: ["pot"], split: "val" },
  );
  const report = await checkDataset(await table("copies", rows));
  expect(kindsOf(report)).toEqual([
    "duplicate",
    "duplicate-across-splits",
    "near-duplicate-across-splits",
    "near-duplicate-tags-differ",
  ]);
  expect(told(report, "duplicate-across-splits")).toEqual([
    'leak.png: the picture of "train" has the same bytes as p2.png of "val": figures measured with it say too much. Take one of them out, best the one of "train".',
  ]);
  expect(report.problems[0]).toMatchObject({ severity: "error", isFixable: true });
  expect(told(report, "duplicate")).toEqual([
    "p1.png: the picture has the same pixels as pixels.png. Keep one of them, unless it is meant to count more often.",
  ]);
  expect(told(report, "near-duplicate-tags-differ")).toEqual([
    'big.png: the picture is nearly the same picture as reduced.jpg, but its tags are "cup", and the other\'s "pot". Look at both, and give them the same tags if they show the same.',
  ]);
  expect(told(report, "near-duplicate-across-splits")).toEqual([
    'darker.jpg: the picture of "train" is nearly the same picture as seen.png of "val": figures measured with it say too much. Take one of them out, best the one of "train".',
  ]);
});

test("a picture that two lists name is a leak, and VOC's trainval is none", async () => {
  const root = join(folder, "lists");
  for (const [i, id] of ["a", "b", "c"].entries()) {
    await writePicture(join(root, "JPEGImages", `${id}.jpg`), texture(500 + i));
  }
  await mkdir(join(root, "ImageSets/Main"), { recursive: true });
  const list = (name: string, text: string): Promise<void> =>
    writeFile(join(root, "ImageSets/Main", name), text);
  await list("cup_train.txt", "a 1\nb -1\n");
  await list("cup_val.txt", "b -1\nc 1\n");
  await list("pot_train.txt", "a -1\nb 1\n");
  await list("pot_val.txt", "b 1\nc 1\n");
  await list("trainval.txt", "a\nb\nc\n");
  const report = await checkDataset(root);
  expect(kindsOf(report)).toEqual(["picture-in-two-splits"]);
  expect(told(report, "picture-in-two-splits")).toEqual([
    'JPEGImages/b.jpg: the picture is listed in "train" and in "val": figures measured with it say too much. Take it out of one of the lists.',
  ]);
});

test("masks are compared with their pictures, tags and palette", async () => {
  const rows = await plainRows("masks");
  const at = (name: string): string => join(folder, "masks", name);
  const size = 60 * 40;
  const half = Uint8Array.from({ length: size }, (_, i) => (i < size / 2 ? 1 : 0));
  const names = ["empty", "other", "smooth", "colours", "turned", "absent"];
  for (const [i, name] of names.entries()) {
    if (name !== "turned") await writePicture(at(`${name}.png`), texture(600 + i));
    rows.push({
      image: `${name}.${name === "turned" ? "jpg" : "png"}`,
      tags: ["cup"],
      mask: `${name}_mask.png`,
    });
  }
  await writeIndexedPng(at("empty_mask.png"), new Uint8Array(size), 60, 40);
  await writeIndexedPng(
    at("other_mask.png"),
    half.map((v) => 2 * v),
    60,
    40,
  );
  await sharp(
    half.map((v) => 255 * v),
    { raw: { width: 60, height: 40, channels: 1 } },
  )
    .blur(0.8)
    .toColourspace("b-w")
    .png()
    .toFile(at("smooth_mask.png"));
  const red = Uint8Array.from({ length: 3 * size }, (_, i) =>
    i % 3 === 0 ? 128 * half[i / 3] : 0,
  );
  await sharp(red, { raw: { width: 60, height: 40, channels: 3 } }).toFile(at("colours_mask.png"));
  await texture(610).withMetadata({ orientation: 6 }).jpeg().toFile(at("turned.jpg"));
  await writeIndexedPng(at("turned_mask.png"), half, 60, 40);
  const report = await checkDataset(await table("masks", rows));
  expect(kindsOf(report)).toEqual([
    "exif-rotation",
    "mask-all-background",
    "mask-anti-aliased",
    "mask-class-untagged",
    "mask-colours",
    "mask-lacks-tag",
    "mask-unrotated",
    "unreadable-mask",
  ]);
  expect(told(report, "mask-all-background")).toEqual([
    'empty_mask.png: the mask is background everywhere, and the picture\'s tags are "cup". Draw the objects, or take the mask out of the data set: it teaches the attention to see nothing.',
  ]);
  expect(told(report, "mask-lacks-tag")).toEqual([
    'other_mask.png: the picture\'s mask shows no "cup", which is a tag of the picture. Draw the object, mark it as void, or take the tag away.',
  ]);
  expect(told(report, "mask-class-untagged")).toEqual([
    'other_mask.png: the mask shows "pot" (50.0 % of the pixels), which is no tag of the picture. Tag the picture with it: without the tag the network learns that it is not there.',
  ]);
  expect(told(report, "mask-anti-aliased")).toEqual([
    expect.stringMatching(
      /^smooth_mask\.png: the mask's pixel \(\d+, \d+\) has the value \d+, which stands for no class\. Draw or scale the mask without smoothing \(nearest neighbour\), and save it as PNG\.$/,
    ),
  ]);
  expect(told(report, "mask-colours")).toEqual([
    "colours_mask.png: the mask holds colours of VOC's palette, which are looked up pixel by pixel. Nothing for gain; store it as an indexed PNG for tools that want numbers.",
  ]);
  expect(told(report, "mask-unrotated")).toEqual([
    "turned_mask.png: the mask is 60x40 pixels as its picture is stored, but EXIF turns the picture (orientation 6) to 40x60. Turn the mask the same way, or remove the orientation from the picture if the picture is upright without it.",
  ]);
  expect(report.notes.find(({ kind }) => kind === "exif-rotation")).not.toHaveProperty("isFixable");
  expect(told(report, "unreadable-mask")).toEqual([
    "absent_mask.png: there is no such mask, or it may not be read. Put the file there, or take its name out of the data set.",
  ]);
});

test("how a file stores its picture is told where others may stumble", async () => {
  const rows = await plainRows("storage");
  const at = (name: string): string => join(folder, "storage", name);
  await texture(700).withMetadata({ orientation: 3 }).jpeg().toFile(at("flipped.jpg"));
  await texture(701).ensureAlpha(0.5).png().toFile(at("glass.png"));
  await texture(702).ensureAlpha(1).png().toFile(at("opaque.png"));
  await texture(703).toColourspace("rgb16").png().toFile(at("deep.png"));
  await texture(704).toColourspace("cmyk").jpeg().toFile(at("print.jpg"));
  await texture(705).png().toFile(at("png.jpg"));
  await texture(706, 31, 90).png().toFile(at("tiny.png"));
  const frames = await Promise.all([707, 708].map((seed) => texture(seed).png().toBuffer()));
  await sharp(frames, { join: { animated: true } })
    .gif()
    .toFile(at("film.gif"));
  const names = ["flipped.jpg", "glass.png", "opaque.png", "deep.png", "print.jpg", "png.jpg"];
  for (const image of [...names, "tiny.png", "film.gif"]) rows.push({ image, tags: ["cup"] });
  const report = await checkDataset(await table("storage", rows));
  const found = [...report.problems, ...report.notes].map(({ file, reason, isFixable = false }) => [
    file.slice(report.root.length + 1),
    reason,
    isFixable,
  ]);
  expect(found).toEqual([
    ["tiny.png", "the picture is 31x90 pixels", false],
    ["flipped.jpg", "the picture is stored upside down, and EXIF says so (orientation 3)", true],
    ["glass.png", "the picture has transparent parts, which are seen as white", true],
    ["deep.png", "the picture has more than 8 bits a channel, of which 8 are seen", true],
    [
      "print.jpg",
      "the picture has CMYK colours, which are converted each time that it is drawn",
      true,
    ],
    ["png.jpg", "the file ends in .jpg and holds PNG", false],
    ["film.gif", "the picture has 2 frames or pages, of which the first is used", false],
  ]);
});

test("a tag whose pictures are all of one kind of file is told", async () => {
  const rows: object[] = [];
  for (let i = 0; i < 40; i++) {
    const tag = i % 2 === 0 ? "cup" : "pot";
    // two pots are JPEG files like the cups
    const image = `${i}.${tag === "cup" || i < 4 ? "jpg" : "png"}`;
    await writePicture(join(folder, "sources", image), texture(800 + i));
    rows.push({ image, tags: [tag], split: i < 36 ? "train" : "val" });
  }
  const report = await checkDataset(await table("sources", rows));
  expect(told(report, "tag-by-file")).toEqual([
    `${report.root}: 16 of 16 pictures to train on that are PNG files have "pot", and 2 of the 20 others: the network may tell it by that. ` +
      "Take pictures of all classes from the same sources, or store all of them alike.",
  ]);
});

test("a missing picture of a table is told with its line, and spaces around tags with theirs", async () => {
  const root = join(folder, "csv");
  const path = join(root, "table.csv");
  for (const [i, name] of ["a", "b", "c", "d"].entries()) {
    await writePicture(join(root, `${name}.png`), texture(900 + i));
  }
  await writeFile(
    path,
    'image,tags,split\na.png,"cup, pot",train\n\nb.png, pot ,train\ngone.png,cup,train\nc.png,cup ;pot,val\n',
  );
  const report = await checkDataset(path);
  expect(told(report, "missing-picture")).toEqual([
    "gone.png: there is no such picture, or it may not be read; line 5 of table.csv names it. Put the file there, or take its name out of the data set.",
  ]);
  expect(told(report, "tag-spaces")).toEqual([
    'table.csv: 2 rows have tags with spaces around them, such as " pot " in line 4. Nothing for gain, which trims them; remove the spaces for tools that do not.',
  ]);
  expect(told(report, "unlisted-pictures")).toEqual([
    `${root}: 1 of its pictures are in no list (d.png). List them, or leave them unused.`,
  ]);
});

test("pictures outside the folders of classes are told", async () => {
  const root = join(folder, "folders");
  for (let i = 0; i < 12; i++) {
    await writePicture(join(root, i % 2 ? "cup" : "pot", `${i}.png`), texture(1000 + i));
  }
  await writePicture(join(root, "stray.png"), texture(1100));
  expect(told(await checkDataset(root), "unlisted-pictures")).toEqual([
    `${root}: 1 of its pictures lie outside the folders of classes (stray.png). Put them into the folder of their class.`,
  ]);
});
