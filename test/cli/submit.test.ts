import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { create, extract } from "tar";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "../../src/data/decodePng.ts";
import { encodeIndexedPng } from "../../src/data/indexedPng.ts";
import { gain } from "./gain.ts";
import { tinyCues, tinySec } from "./tinyCues.ts";
import { temporaryFolder, tinyData } from "./tinyData.ts";

let folder = "";
let data = "";
let archive = "";

/** Sizes of the test pictures, which have neither tags nor masks. */
const sizes: Readonly<Record<string, readonly [number, number]>> = {
  test0: [40, 40],
  test1: [53, 30],
  test2: [25, 61],
};

const inside = "results/VOC2012/Segmentation/comp6_test_cls";

beforeAll(async () => {
  folder = await temporaryFolder();
  // VOC's own numbers.
  data = await tinyData(folder, "voc", { cat: 8, dog: 12 });
  for (const [id, [width, height]] of Object.entries(sizes)) {
    await sharp(join(data, "JPEGImages/val0.jpg"))
      .resize(width, height, { fit: "fill" })
      .toFile(join(data, `JPEGImages/${id}.jpg`));
  }
  const ids = Object.keys(sizes);
  await writeFile(join(data, "ImageSets/Segmentation/test.txt"), `${ids.join("\n")}\n`);

  const cues = await tinyCues(data, join(folder, "cues"));
  const trained = await gain([
    ...["sec", data, "--cues", cues, "--out", join(folder, "run"), "--classes", "cat,dog"],
    ...[...tinySec, "--steps", "80", "--set", "learningRate=0.003", "--no-evaluate"],
    ...["--set", "schedule.kind=constant", "--set", "dropout=false", "--set", "biasRateFactor=1"],
  ]);
  expect(trained).toMatchObject({ status: 0 });
  archive = join(folder, "results.tgz");
});

describe("gain submit", () => {
  test("writes an archive that its checker takes: every picture, at its size, in VOC's values", async () => {
    const written = await gain([
      ...["submit", join(folder, "run"), data, "--out", archive, "--threads", "1"],
    ]);
    const taken = `${archive}: 3 masks of the split "test", comp6; the server can take it\n`;
    expect(written).toMatchObject({ status: 0, stderr: expect.stringContaining(taken) });
    expect(await gain(["submit", archive, data])).toMatchObject({ status: 0, stderr: taken });

    const out = await unpacked("unpacked");
    const values = new Set<number>();
    for (const [id, [width, height]] of Object.entries(sizes)) {
      const png = decodePng(await readFile(join(out, inside, `${id}.png`)));
      expect(png).toMatchObject({ width, height, kind: "indexed" });
      for (const value of png.samples) values.add(value);
    }
    expect([...values].filter((value) => ![0, 8, 12].includes(value))).toEqual([]);
    expect(values.size).toBeGreaterThan(1);
  });

  test("checks an archive for the contest that its masks are for, or that is asked for", async () => {
    const out = await unpacked("five");
    const other = inside.replace("comp6", "comp5");
    await mkdir(join(out, other), { recursive: true });
    for (const id of Object.keys(sizes)) {
      await copyFile(join(out, inside, `${id}.png`), join(out, other, `${id}.png`));
    }
    const five = join(folder, "five.tgz");
    await create({ gzip: true, file: five, cwd: out }, [other]);
    expect(await gain(["submit", five, data])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("comp5; the server can take it"),
    });
    const refused = await gain(["submit", five, data, "--competition", "comp6"]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`the file is not in the folder ${inside}`);
  });

  test("refuses an archive that is damaged, lacks a picture, or has void in a mask", async () => {
    const bytes = await readFile(archive);
    const cases: [string, () => Promise<string>, RegExp][] = [
      [
        "cut",
        async () => {
          const file = join(folder, "cut.tgz");
          await writeFile(file, bytes.subarray(0, bytes.length / 2));
          return file;
        },
        /cut\.tgz: the archive is damaged or cut short/,
      ],
      [
        "lacking",
        () => repacked("lacking", async () => {}, ["test1"]),
        /there is no mask .*test1\.png\. Put it into the archive\.\n/,
      ],
      [
        "other values",
        () =>
          repacked("values", (dir) =>
            writeFile(
              join(dir, inside, "test0.png"),
              encodeIndexedPng(new Uint8Array(1600).fill(255), 40, 40),
            ),
          ),
        /test0\.png: the mask has the value 255 at \(0, 0\)\. Use 0 for background and 1 to 20/,
      ],
    ];
    for (const [name, make, reason] of cases) {
      const outcome = await gain(["submit", await make(), data]);
      expect(outcome.status, name).toBe(1);
      expect(outcome.stderr, name).toMatch(reason);
      expect(outcome.stderr, name).toMatch(/the server would refuse it, or score it low\n$/);
    }
  });

  test("refuses a picture that cannot be read, other classes, and wrong usage, in a line each", async () => {
    const usage = await gain(["submit", join(folder, "run"), data]);
    expect(usage).toMatchObject({
      status: 2,
      stderr: `gain: ${join(folder, "run")}: must be an archive to check; got a folder. Add --out FILE.tgz to write the archive of a RUN.\n`,
    });
    const contest = await gain(["submit", archive, data, "--competition", "comp7"]);
    expect(contest).toMatchObject({
      status: 2,
      stderr: 'gain: --competition: must be comp5 or comp6; got "comp7".\n',
    });
    const before = await readFile(archive);
    const image = join(data, "JPEGImages/test1.jpg");
    const picture = await readFile(image);
    await writeFile(image, "no picture");
    const broken = await gain(["submit", join(folder, "run"), data, "--out", archive]);
    await writeFile(image, picture);
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(
      /gain: .*test1\.jpg: the picture cannot be decoded .*The archive must hold every picture of the split "test": replace the file\.\n$/,
    );
    // What was there before is there still.
    expect(await readFile(archive)).toEqual(before);
  });

  test("refuses a run of other classes than VOC's, and a data set in another layout", async () => {
    const own = await tinyData(folder, "own");
    const cues = await tinyCues(own, join(folder, "own-cues"));
    const out = join(folder, "own-run");
    expect(
      (await gain(["sec", own, "--cues", cues, "--out", out, ...tinySec, "--steps", "1"])).status,
    ).toBe(0);
    const outcome = await gain(["submit", out, data, "--out", join(folder, "own.tgz")]);
    expect(outcome).toMatchObject({
      status: 1,
      stderr: `gain: ${out}: all classes must be VOC's to be scored by its server; got "disc". Train on a VOC devkit.\n`,
    });
    const table = join(folder, "table.csv");
    await writeFile(table, "image,tags\nvoc/JPEGImages/val0.jpg,cat\n");
    expect((await gain(["submit", archive, table])).stderr).toBe(
      `gain: ${table}: must be a VOC folder, such as VOCdevkit/VOC2012; got table.\n`,
    );
  });
});

/** The archive's files. @returns  The folder that they are in. */
async function unpacked(name: string): Promise<string> {
  const out = join(folder, name);
  await mkdir(out);
  await extract({ file: archive, cwd: out });
  return out;
}

/** The archive with something changed and without some of its pictures. */
async function repacked(
  name: string,
  change: (folder: string) => Promise<void>,
  without: readonly string[] = [],
): Promise<string> {
  const out = await unpacked(name);
  await change(out);
  const ids = Object.keys(sizes).filter((id) => !without.includes(id));
  const file = join(folder, `${name}.tgz`);
  await create(
    { gzip: true, file, cwd: out },
    ids.map((id) => `${inside}/${id}.png`),
  );
  return file;
}
