import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { gain, jsonLines, type Outcome } from "./gain.ts";
import { temporaryFolder, tinyData, tinyRun } from "./tinyData.ts";

let folder = "";
let data = "";
let run = "";
let made: Outcome;

const cues = (out: string, ...more: string[]): string[] => [
  ...["cues", run, data, "--out", join(folder, out), "--threads", "1"],
  ...["--scales", "1,1.5", "--flip", "--size", "11", ...more],
];

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  run = join(folder, "run");
  const trained = await gain([
    ...["train", data, "--out", run, ...tinyRun, "--epochs", "6", "--no-evaluate"],
  ]);
  expect(trained).toMatchObject({ status: 0 });
  made = await gain(cues("cues", "--json", "--pictures", join(folder, "drawn")));
});

/** Of both files of a CUES folder. */
async function digest(out: string): Promise<string[]> {
  const files = await Promise.all(
    ["cues.bin", "cues.json"].map((name) => readFile(join(folder, out, name))),
  );
  return files.map((bytes) => createHash("sha256").update(bytes).digest("hex"));
}

describe("gain cues RUN", () => {
  test("prints one object: shares of the cells, warnings, and how right the cues are", () => {
    expect(made).toMatchObject({ status: 0 });
    const share = expect.any(Number);
    const figures = { precision: share, recall: share };
    expect(jsonLines(made)).toEqual([
      {
        out: join(folder, "cues"),
        source: run,
        images: 14,
        size: 11,
        classes: ["disc", "square"],
        cells: { background: share, foreground: share, none: share },
        imagesOfClass: { disc: share, square: share },
        warnings: { unreadable: [], withoutCue: expect.any(Array), neverSeeded: [] },
        quality: {
          images: 14,
          foreground: figures,
          background: figures,
          classes: { disc: figures, square: figures },
        },
      },
    ]);
  });

  test("draws each picture's cues at the picture's size", async () => {
    const files = await readdir(join(folder, "drawn"));
    expect(files).toHaveLength(14);
    expect(files).toContain("train0.jpg");
    expect(await sharp(join(folder, "drawn/train0.jpg")).metadata()).toMatchObject({
      width: 40,
      height: 40,
    });
  });

  test("says in two lines what a reader wants to know, and nothing is done twice", async () => {
    const again = await gain(cues("cues"));
    expect(again.stderr).toBe(`${join(folder, "cues")}: all cues are there; nothing to do\n`);
    expect(again.stdout).toMatch(
      /cues: cues of 14 pictures, 11x11 cells: foreground [\d.]+ %, background [\d.]+ %, no cue [\d.]+ %\nagainst 14 masks: foreground precision [\d.]+ %, recall [\d.]+ %; background precision [\d.]+ %, recall [\d.]+ %\n/,
    );
  });

  test("killed and started again, it ends with the bytes of one that was not", async () => {
    const partial = join(folder, "killed/cues.partial");
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const killed = gain(cues("killed"), undefined, (child) => {
        timer = setInterval(() => {
          if (existsSync(partial)) child.kill("SIGKILL");
        }, 5);
      });
      killed.then(() => resolve(), reject).finally(() => clearInterval(timer));
    });
    expect(existsSync(join(folder, "killed/cues.json"))).toBe(false);
    expect((await gain(cues("killed"))).status).toBe(0);
    expect(await digest("killed")).toEqual(await digest("cues"));
  });

  test("refuses flags that are for files, unknown backgrounds, and what is no run", async () => {
    expect(await gain(cues("x", "--list", "list.txt"))).toMatchObject({
      status: 2,
      stderr:
        "gain: --list: is for files of SEC's cues; a RUN has its pictures and classes. Leave it out.\n",
    });
    const background = await gain(cues("x", "--background", "dark"));
    expect(background.status).toBe(2);
    expect(background.stderr).toMatch(
      /^gain: options: background: .*"saliency"\|"attention".*; got "dark"\. See gain cues --help\.\n$/,
    );
    const none = await gain(["cues", data, data, "--out", join(folder, "x")]);
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/config\.json: not found, so .* is no run\./);
  });
});

describe("gain cues FILE", () => {
  test("imports SEC's binary form for the classes that are chosen", async () => {
    const voc = join(folder, "voc");
    await mkdir(join(voc, "ImageSets/Main"), { recursive: true });
    await mkdir(join(voc, "JPEGImages"));
    for (const id of ["a", "b", "c"]) {
      const black = { width: 8, height: 8, channels: 3, background: "#000" } as const;
      await sharp({ create: black })
        .jpeg()
        .toFile(join(voc, `JPEGImages/${id}.jpg`));
    }
    await writeFile(join(voc, "ImageSets/Main/cat_train.txt"), "a 1\nb -1\n");
    await writeFile(join(voc, "ImageSets/Main/dog_train.txt"), "a -1\nb 1\n");
    await writeFile(join(voc, "ImageSets/Main/cat_val.txt"), "c 1\n");
    // Cats (8) in both, a person (15) in the second: one cat without a tag, no dog at all.
    const grids = new Uint8Array(2 * 1681).fill(255);
    grids.set([0, 8, 8], 0);
    grids.set([8, 15, 0], 1681);
    const file = join(folder, "sec.bin");
    await writeFile(file, grids);
    const out = join(folder, "imported");
    const classes = ["--classes", "dog,cat"];
    const outcome = await gain(["cues", file, voc, "--out", out, ...classes, "--json"]);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(jsonLines(outcome)).toEqual([
      {
        out,
        source: file,
        images: 2,
        size: 41,
        classes: ["dog", "cat"],
        cells: { background: 2 / 3362, foreground: 3 / 3362, none: 3357 / 3362 },
        imagesOfClass: { dog: 0, cat: 2 },
        warnings: {
          unreadable: [],
          withoutGrid: [],
          withoutCue: [],
          neverSeeded: ["dog"],
          untagged: ["b"],
          untaggedCells: 1,
        },
      },
    ]);
    const written = await readFile(join(out, "cues.bin"));
    expect([...written.subarray(0, 4)]).toEqual([0, 2, 2, 255]);
    expect([...written.subarray(1681, 1685)]).toEqual([2, 255, 0, 255]);
    const text = await gain(["cues", file, voc, "--out", out, ...classes]);
    expect(text.stdout).toContain(
      "1 classes have no cue in any picture: dog\n1 pictures have cues of classes without a tag (1 cells): b\n",
    );
  });

  test("refuses a file that does not fit the data set, and flags that are for runs", async () => {
    const file = join(folder, "sec.bin");
    const out = ["--out", join(folder, "y")];
    expect(await gain(["cues", file, data, ...out])).toMatchObject({
      status: 1,
      stderr: `gain: ${file}: it holds 2 grids of 41x41 cells; the data set's split train has 14 pictures. Name the list of its pictures, one a line, with --list FILE.\n`,
    });
    expect(await gain(["cues", file, data, ...out, "--flip"])).toMatchObject({
      status: 2,
      stderr:
        "gain: --flip: is for cues from a RUN; those of a file are imported as they are. Leave it out.\n",
    });
  });
});
