import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { readCueSet } from "../../src/data/index.ts";
import { noCue } from "../../src/sec/cueGrid.ts";
import { writeCueSet } from "../../src/segment/index.ts";
import { gain } from "./gain.ts";
import { tinyCues, tinySec } from "./tinyCues.ts";
import { temporaryFolder, tinyData } from "./tinyData.ts";

let folder = "";
let data = "";
let cues = "";

beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
  cues = await tinyCues(data, join(folder, "cues"));
});

const sec = (from: string, out: string, ...more: string[]): string[] => [
  ...["sec", data, "--cues", from, "--out", join(folder, out), ...tinySec],
  ...["--steps", "2", "--no-evaluate", ...more],
];

/** The cues with other grids. @returns  Their folder. */
async function changed(
  name: string,
  change: (grids: Map<string, Uint8Array>) => Iterable<[string, Uint8Array]>,
): Promise<string> {
  const set = await readCueSet(cues);
  const grids = new Map(change(new Map(set.grids)));
  await writeCueSet(join(folder, name), { ...set, grids }, { source: "", data, unreadable: [] });
  return join(folder, name);
}

test("cues of other pictures, of other classes, or none at all are one line with the cure", async () => {
  const others = await changed("others", (grids) =>
    Array.from(grids, ([id, grid]) => [`other-${id}`, grid]),
  );
  const binary = join(folder, "sec.bin");
  await writeFile(binary, new Uint8Array(3 * 1681));
  const classes = join(folder, "classes");
  const set = await readCueSet(cues);
  const origin = { source: "", data, unreadable: [] };
  await writeCueSet(classes, { ...set, classes: ["disc", "star"] }, origin);
  const cases: [string, string][] = [
    [
      others,
      `${data}: none of the 14 training pictures has cues; there are cues of 14 others, such as "other-train0". Give the cues that were made for this data set.`,
    ],
    [
      binary,
      `${binary}: it holds 3 grids of 41x41 cells; the data set's split train has 14 pictures. Name the list of its pictures, one a line, with --list FILE.`,
    ],
    [
      classes,
      `${data}: the cues have no class "square"; they have disc, star. Make cues for the data set's classes, or choose classes with --classes.`,
    ],
    [
      data,
      `${join(data, "cues.json")}: not found, so this folder holds no finished cues. Make them with gain cues RUN DATA --out CUES.`,
    ],
  ];
  const outcomes = await Promise.all(cases.map(([from], i) => gain(sec(from, `bad${i}`))));
  for (const [i, [, message]] of cases.entries()) {
    expect(outcomes[i]).toMatchObject({ status: 1, stderr: `gain: ${message}\n` });
  }
  // Nothing is left behind by a run that could not start.
  expect((await readdir(folder)).filter((name) => name.startsWith("bad"))).toEqual([]);
});

test("pictures without a cue and classes that are never seeded are counted and named", async () => {
  const odd = await changed("odd", (grids) => {
    for (const [id, grid] of grids) {
      const isEmpty = id === "train2" || id === "train6";
      grids.set(
        id,
        grid.map((label) => (isEmpty || label === 2 ? noCue : label)),
      );
    }
    grids.delete("train0");
    return grids;
  });
  const outcome = await gain(sec(odd, "odd-run"));
  expect(outcome.status).toBe(0);
  expect(outcome.stderr).toContain(
    "1 pictures have no cues, and are left out: train0\n" +
      "2 pictures have not one cue: train2, train6\n" +
      "no picture has a cue of square: the network will hardly find it\n",
  );
  expect(outcome.stderr).toContain("smallnet_largefov: 13 pictures of disc, square; 2 steps\n");
});

test("a training picture that cannot be read is told, counted and replaced", async () => {
  const broken = await tinyData(folder, "broken");
  await writeFile(join(broken, "JPEGImages/train3.jpg"), "no picture");
  const args = sec(cues, "broken-run", "--epochs", "2");
  const outcome = await gain([args[0], broken, ...args.slice(2), "--steps", "6"]);
  expect(outcome.status).toBe(0);
  expect(outcome.stderr).toMatch(/skipped .*train3\.jpg: the picture cannot be decoded/);
  expect(outcome.stderr).toMatch(/1 pictures could not be read; gain check .* lists them\n/);
});

test("a resumed run refuses other cues, and keeps what it has", async () => {
  expect((await gain(sec(cues, "kept"))).status).toBe(0);
  const others = await tinyCues(data, join(folder, "five"), 5);
  const outcome = await gain(sec(others, "kept", "--resume"));
  expect(outcome).toMatchObject({
    status: 1,
    stderr: `gain: ${others}: a resumed run must see the pictures, tags and cues that it was started with; these are others. Restore them, delete ${join(folder, "kept")} to train anew, or choose another --out.\n`,
  });
  expect((await gain(sec(cues, "kept", "--resume"))).status).toBe(0);
});

test("wrong usage is told with the nearest thing that would be right", async () => {
  const cases: [string[], number, RegExp][] = [
    [
      ["--input-size", "320"],
      1,
      /^gain: smallnet_largefov: inputSize must be a multiple of 8 plus 1, .*; got 320\. Use 321\.\n$/,
    ],
    [["--model", "smallnet_largefow"], 2, /^gain: model: .*Did you mean "smallnet_largefov"\?\n$/],
    [["--set", "seedWeigth=2"], 2, /^gain: options: .*Did you mean "seedWeight"\?\n$/],
    [
      ["--set", "crf.iterations=0"],
      2,
      /^gain: options: crf\.iterations: .*got 0\. See gain sec --help\.\n$/,
    ],
    [
      ["--batch-size", "15"],
      1,
      /^gain: .*at least one batch of 15 pictures; it has 14\. Lower --batch-size\.\n$/,
    ],
  ];
  const outcomes = await Promise.all(
    cases.map(([flags], i) => gain(sec(cues, `usage${i}`, ...flags))),
  );
  for (const [i, [, status, message]] of cases.entries()) {
    expect(outcomes[i]).toMatchObject({ status, stderr: expect.stringMatching(message) });
  }
});
