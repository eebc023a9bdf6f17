import { copyFile, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { writeCueSet } from "../../segment/writeCueSet.ts";
import { vocClasses } from "../classes.ts";
import { readCueHeader, readCueSet } from "./index.ts";

const golden = (name: string): string =>
  fileURLToPath(new URL(`../../../test/golden/cues/${name}`, import.meta.url));
const pickle = golden("localization_cues.pickle");

let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-cues-"));
  await writeFile(at("list.txt"), "2007_000032.jpg 7\nsub/b.c.jpg 3\nunknown.jpg 9\n");
});

/** [41, 41] without a cue but for some cells. */
function grid(cells: Readonly<Record<number, number>>): Uint8Array {
  const labels = new Uint8Array(41 * 41).fill(255);
  for (const [cell, label] of Object.entries(cells)) labels[Number(cell)] = label;
  return labels;
}

const picture7 = grid({ 0: 0, 1680: 0, [20 * 41 + 21]: 8 });
const picture3 = grid({ [41 + 3]: 12, [2 * 41 + 4]: 15, [2 * 41 + 5]: 15 });

const origin = { source: "/run", data: "/data", unreadable: ["gone"] };
const small = {
  size: 2,
  classes: ["cat", "dog"],
  grids: new Map([
    ["a", Uint8Array.of(0, 1, 2, 255)],
    ["b/c", new Uint8Array(4).fill(255)],
  ]),
};

test("a CUES folder reads as it was written, and says what is in it", async () => {
  await writeCueSet(at("cues"), small, { ...origin, options: { flip: true }, digest: "12" });
  expect(await readCueSet(at("cues"))).toEqual(small);
  expect(await readCueHeader(at("cues"))).toEqual({
    format: "guided-attention cues 1",
    size: 2,
    classes: ["cat", "dog"],
    ids: ["a", "b/c"],
    ...origin,
    options: { flip: true },
    digest: "12",
    cells: { background: 1, foreground: 2, none: 5 },
    imagesOfClass: { cat: 1, dog: 1 },
    withoutCue: ["b/c"],
    neverSeeded: [],
  });
});

test("SEC's pickle is read with the numbers of its list, compressed or not", async () => {
  await writeFile(at("cues.pickle.gz"), gzipSync(await readFile(pickle)));
  for (const file of [pickle, at("cues.pickle.gz")]) {
    const { size, classes, grids } = await readCueSet(file, { list: at("list.txt") });
    expect({ size, classes }).toEqual({ size: 41, classes: vocClasses });
    expect([...grids]).toEqual([
      ["2007_000032", picture7],
      ["b.c", picture3],
    ]);
  }
});

test("the list beside the pickle is taken", async () => {
  await mkdir(at("both"));
  await copyFile(pickle, at("both/cues.pickle"));
  await copyFile(at("list.txt"), at("both/input_list.txt"));
  const { grids } = await readCueSet(at("both/cues.pickle"));
  expect([...grids.keys()]).toEqual(["2007_000032", "b.c"]);
});

test("SEC's binary form is read by a list's lines, or by the ids in order", async () => {
  await writeFile(at("sec.bin"), Buffer.concat([picture7, picture3]));
  const expected = [picture7, picture3];
  const { grids } = await readCueSet(at("sec.bin"), { ids: ["x", "y"] });
  expect([...grids]).toEqual([
    ["x", expected[0]],
    ["y", expected[1]],
  ]);
  await writeFile(at("two.txt"), "p.jpg\r\n\nq\n");
  const listed = await readCueSet(at("sec.bin"), { ids: ["x"], list: at("two.txt") });
  expect([...listed.grids.keys()]).toEqual(["p", "q"]);
});

/** Each a path below the folder or of its own, what is done before, options, and the whole message. */
test.for<[string, () => Promise<unknown>, object, string]>([
  ["none", async () => {}, {}, "there is no such file or folder. Check the path."],
  [
    "cues.txt",
    () => writeFile(at("cues.txt"), ""),
    {},
    "these are no cues: a file must end in .bin, .pickle or .pickle.gz. Give one of those, or a CUES folder of gain cues.",
  ],
  [
    "short.bin",
    () => writeFile(at("short.bin"), new Uint8Array(1681)),
    { ids: ["x", "y"] },
    "it holds 1 grids of 41x41 cells; the data set's split train has 2 pictures. Name the list of its pictures, one a line, with --list FILE.",
  ],
  [
    "odd.bin",
    () => writeFile(at("odd.bin"), new Uint8Array(1000)),
    { ids: ["x"] },
    "it holds 1000 bytes, which is no whole number of 41x41 grids; the data set's split train has 1 pictures. Name the list of its pictures, one a line, with --list FILE.",
  ],
  [
    "alone.pickle",
    () => copyFile(pickle, at("alone.pickle")),
    {},
    'the pickle numbers its pictures, and which they are is in SEC\'s input_list.txt ("name.jpg id" a line), which is not beside it. Take training/input_list.txt from the repository kolesman/SEC, and put it there or name it with --list FILE.',
  ],
])("%s is refused", async ([name, prepare, options, message]) => {
  await prepare();
  await expect(readCueSet(at(name), options)).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: `${at(name)}: ${message}` }),
  );
});

const remedy =
  "Take localization_cues.pickle.gz as SEC's repository has it; nothing in this file was run.";

test.for([
  [
    "malicious.pickle",
    `it is no pickle of integer arrays (it asks for "posix.system", which is neither a tensor nor a container). ${remedy}`,
  ],
  ["arrays2.pickle", `it holds no cues. ${remedy}`],
  [
    "outside.pickle",
    `cue 0 of picture 3 is class 12 at row 41, column 3, which must be 0 to 20 in 41x41 cells. ${remedy}`,
  ],
  ["twoClasses.pickle", `row 1, column 3 of picture 3 has two classes, 12 and 15. ${remedy}`],
])("the pickle %s is refused", async ([name, message]) => {
  await expect(readCueSet(golden(name), { list: at("list.txt") })).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: `${golden(name)}: ${message}` }),
  );
});

test.for([
  [
    "unnumbered.txt",
    "a.jpg\n",
    'the picture "a" must have a number after its name, as in SEC\'s input_list.txt. Name that list with --list FILE.',
  ],
  ["empty.txt", "\n", "the list is empty. Give a list of pictures, one a line."],
  [
    "words.txt",
    "a.jpg 1\nb.jpg one\n",
    'line 2 must be a name and perhaps a number; got "b.jpg one". Correct the line.',
  ],
])("the list %s is refused", async ([name, text, message]) => {
  await writeFile(at(name), text);
  await expect(readCueSet(pickle, { list: at(name) })).rejects.toThrow(
    expect.objectContaining({ name: "DataError", message: `${at(name)}: ${message}` }),
  );
});

test("a list with other numbers, and one that is not there, are refused", async () => {
  await writeFile(at("others.txt"), "a.jpg 1\n");
  await expect(readCueSet(pickle, { list: at("others.txt") })).rejects.toThrow(
    `${at("others.txt")}: none of its numbers is one of the 2 in ${pickle}. Name the input_list.txt that belongs to the pickle with --list FILE.`,
  );
  await expect(readCueSet(pickle, { list: at("gone.txt") })).rejects.toThrow(
    `${at("gone.txt")}: there is no such list, or it may not be read. Check the path.`,
  );
});

test("a folder without a header, with another one, or with too few grids, is refused", async () => {
  await mkdir(at("bare"));
  await expect(readCueSet(at("bare"))).rejects.toThrow(
    `${at("bare/cues.json")}: not found, so this folder holds no finished cues. Make them with gain cues RUN DATA --out CUES.`,
  );
  await writeCueSet(at("cut"), small, origin);
  await writeFile(at("cut/cues.bin"), new Uint8Array(7));
  await expect(readCueSet(at("cut"))).rejects.toThrow(
    `${at("cut/cues.bin")}: the file must hold 2 grids of 2x2 cells, as cues.json says, 8 bytes; it has 7. Make the cues anew with gain cues.`,
  );
  const header = await readFile(at("cut/cues.json"), "utf8");
  await writeFile(at("cut/cues.json"), header.replace('"size": 2', '"size": "2"'));
  await expect(readCueSet(at("cut"))).rejects.toThrow(
    `${at("cut/cues.json")}: size: Invalid input: expected number, received string. Make the cues anew with gain cues.`,
  );
  await writeFile(at("cut/cues.json"), "{");
  await expect(readCueSet(at("cut"))).rejects.toThrow(
    /cues\.json: this must be JSON \(.+\)\. Make the cues anew with gain cues\.$/,
  );
});
