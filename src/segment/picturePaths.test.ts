import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { temporaryFolder, tinyData } from "../../test/cli/tinyData.ts";
import { picturesOf } from "./picturePaths.ts";

const classes = ["disc", "square"];

let folder = "";
let data = "";
beforeAll(async () => {
  folder = await temporaryFolder();
  data = await tinyData(folder);
});

/** Empty files: the paths are looked at only. */
async function files(name: string, ...names: string[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const file of names) await writeFile(join(path, file), "");
  return path;
}

test("a file is a picture without tags whose id is its name", async () => {
  const photos = await files("photos", "a.b.JPG");
  expect(await picturesOf([join(photos, "a.b.JPG")], { classes })).toEqual([
    { id: "a.b", image: join(photos, "a.b.JPG"), tags: [] },
  ]);
});

test("a folder of pictures gives them by name, and nothing else that lies there", async () => {
  const album = await files("album", "2.png", "1.jpeg", "notes.txt", ".hidden.jpg");
  const samples = await picturesOf([album], { classes });
  expect(samples.map(({ id }) => id)).toEqual(["1", "2"]);
});

test("a data set gives the pictures of all its splits, or of one, with their tags", async () => {
  const all = await picturesOf([data], { classes });
  expect(all).toHaveLength(18);
  const val = await picturesOf([data], { classes, split: "val" });
  expect(val.map(({ id, tags }) => [id, tags])).toEqual([
    ["val0", [0]],
    ["val1", [1]],
    ["val2", [0]],
    ["val3", [1]],
  ]);
});

test("a table is a data set, and a class may be without pictures in it", async () => {
  const table = join(data, "one.csv");
  await writeFile(table, "image,tags,split\nJPEGImages/val1.jpg,square,val\n");
  expect(await picturesOf([table], { classes })).toEqual([
    { id: "JPEGImages/val1", image: join(data, "JPEGImages/val1.jpg"), tags: [1] },
  ]);
});

test("paths are taken in their order, and a picture that two of them name once", async () => {
  const image = join(data, "JPEGImages/val2.jpg");
  const samples = await picturesOf([image, data], { classes, split: "val" });
  expect(samples.map(({ id }) => id)).toEqual(["val2", "val0", "val1", "val3"]);
});

test("two pictures of one name are refused with both paths", async () => {
  const [one, two] = [await files("one", "x.jpg"), await files("two", "x.png")];
  await expect(picturesOf([one, two], { classes })).rejects.toThrow(
    `${join(two, "x.png")}: its mask would be x.png, as that of ${join(one, "x.jpg")}. Give them to commands of their own, with another --out.`,
  );
});

test("an unknown split, other classes, and a path that is not there are refused", async () => {
  await expect(picturesOf([data], { classes, split: "vla" })).rejects.toThrow(
    `${data}: split must be one of train, val; got "vla". Choose another --split.`,
  );
  await expect(picturesOf([data], { classes: ["star"] })).rejects.toThrow(
    `${data}: there is no class "star". Choose from disc, square.`,
  );
  const nowhere = join(folder, "nowhere");
  await expect(picturesOf([nowhere], { classes })).rejects.toThrow(
    `${nowhere}: there is no such file or folder. Check the path.`,
  );
});

test("a folder that holds pictures and folders of pictures is refused: either could be meant", async () => {
  const mixed = await files("mixed", "stray.jpg");
  await mkdir(join(mixed, "dog"));
  await writeFile(join(mixed, "dog/1.jpg"), "");
  await expect(picturesOf([mixed], { classes })).rejects.toThrow(
    `${mixed}: must hold either pictures or folders of them, one for each class; it has both, stray.jpg and the folder dog. Name the pictures themselves, or move one of the two.`,
  );
});

test("a stray picture in a VOC folder changes nothing", async () => {
  const other = await tinyData(folder, "stray");
  await writeFile(join(other, "cover.png"), "");
  expect(await picturesOf([other], { classes })).toHaveLength(18);
});
