/** `gain check` as a user meets it. */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { texture, writePicture } from "../texture.ts";
import { gain, jsonLines } from "./gain.ts";
import { temporaryFolder } from "./tinyData.ts";

let folder = "";
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Ten pictures in a table; one to train on is a copy of one to measure with, two are turned. */
async function leakyTable(name: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(root);
  const rows = Array.from({ length: 10 }, (_, i) => {
    const tags = i % 5 === 4 ? "cup;pot" : i % 2 === 0 ? "cup" : "pot";
    return `${i}.jpg,${tags},${i < 6 ? "train" : "val"}`;
  });
  for (let i = 0; i < 10; i++) {
    const picture = texture(i).jpeg();
    const turned = i < 5 ? picture.withMetadata({ orientation: 6 }) : picture;
    await writePicture(join(root, `${i}.jpg`), turned);
  }
  await copyFile(join(root, "6.jpg"), join(root, "2.jpg"));
  await writeFile(join(root, "table.csv"), `image,tags,split\n${rows.join("\n")}\n`);
  return join(root, "table.csv");
}

test("the text counts, groups by kind with the worst first, and says how to see all", async () => {
  const table = await leakyTable("text");
  const { status, stdout } = await gain(["check", table]);
  const root = join(folder, "text");
  expect(status).toBe(0);
  const turned = (name: string): string =>
    `  ${root}/${name}: the picture is stored on its side, and EXIF says so (orientation 6). Nothing for gain, which turns it; store it upright for tools that do not.\n`;
  expect(stdout).toBe(
    `${root}: table, 2 classes\n` +
      "                    train           val\n" +
      "  pictures              6             4\n" +
      "  cup                   3  50 %       3  75 %\n" +
      "  pot                   4  67 %       2  50 %\n" +
      "  without a tag         0             0\n" +
      "  with a mask           0             0\n" +
      "  with boxes            0             0\n" +
      "pictures to train on with both tags:\n" +
      "          cup   pot\n" +
      "  cup       3     1\n" +
      "  pot       1     4\n" +
      "1 error, 0 warnings, 4 notes\n" +
      "error: copies to train on and to measure with (1, duplicate-across-splits)\n" +
      `  ${root}/2.jpg: the picture of "train" has the same bytes as ${root}/6.jpg of "val": figures measured with it say too much. Take one of them out, best the one of "train".\n` +
      "note: pictures that EXIF turns (4, exif-rotation)\n" +
      `${turned("0.jpg")}${turned("1.jpg")}${turned("3.jpg")}` +
      "  and 1 more\n" +
      "--fix mends 5 of them\n" +
      "--json lists all of them\n",
  );
});

test("--fix mends, says where the originals are, and finds nothing the second time", async () => {
  const table = await leakyTable("fixed");
  const root = join(folder, "fixed");
  const before = await readFile(join(root, "0.jpg"));
  const { status, stdout } = await gain(["check", table, "--fix"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^5 files changed:\n/);
  expect(stdout).toContain(
    `  ${table}: 1 copy of pictures of other splits taken out of "train"\n` +
      `the originals are in ${root}-gain-check-backup, with a list in changes.jsonl; to undo: cp -r "${root}-gain-check-backup/files/." "${root}"\n`,
  );
  expect(stdout).toContain("0 errors, 0 warnings, 1 note\n");
  const again = jsonLines(await gain(["check", table, "--fix", "--json"]));
  expect(again).toMatchObject([{ problems: [], fixed: { changes: [], refused: [] } }]);
  expect(await readFile(`${root}-gain-check-backup/files/0.jpg`)).toEqual(before);
});

test("--json lists every finding with kind and severity, and without --fix nothing is changed", async () => {
  const table = await leakyTable("json");
  const before = await readFile(table, "utf8");
  const outcome = await gain(["check", table, "--json"]);
  expect(outcome.stderr).toMatch(/^(check: \d+ of 10\n)*$/);
  const [report] = jsonLines(outcome);
  expect(report).toMatchObject({
    images: 10,
    classes: ["cup", "pot"],
    cooccurrence: [
      [3, 1],
      [1, 4],
    ],
    splits: { train: { shares: { cup: 0.5, pot: 4 / 6 } } },
    problems: [{ kind: "duplicate-across-splits", severity: "error", isFixable: true }],
    notes: Array(4).fill({ kind: "exif-rotation", severity: "note", isFixable: true }),
  });
  expect(report).not.toHaveProperty("fixed");
  expect(await readFile(table, "utf8")).toBe(before);
});

test("a data set without a readable picture cannot be trained on: status 1", async () => {
  const table = join(folder, "gone.csv");
  await writeFile(table, "image,tags,split\na.jpg,cup,train\nb.jpg,cup,val\n");
  const { status, stdout } = await gain(["check", table, "--json"]);
  expect(status).toBe(1);
  expect(JSON.parse(stdout).problems[0]).toMatchObject({
    kind: "missing-picture",
    listed: { file: table, line: 2 },
  });
});
