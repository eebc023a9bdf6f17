import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DataFolder, expectMessage } from "../../../test/dataFolder.ts";
import { type Dataset, openDataset, readBoxes, type Sample } from "../index.ts";

let folder: DataFolder;
beforeAll(async () => {
  folder = await DataFolder.create();
});
afterAll(() => folder.remove());

function sampleOf({ splits }: Dataset, wanted: string): Sample {
  const found = Object.values(splits)
    .flat()
    .find(({ id }) => id === wanted);
  if (found === undefined) throw new Error(`no sample ${wanted}`);
  return found;
}

function object(name: string, sides: readonly unknown[], difficult = 0): string {
  const [xmin, ymin, xmax, ymax] = sides;
  return `	<object>
		<name>${name}</name>
		<pose>Left</pose>
		<truncated>0</truncated>
		<difficult>${difficult}</difficult>
		<bndbox>
			<xmin>${xmin}</xmin>
			<ymin>${ymin}</ymin>
			<xmax>${xmax}</xmax>
			<ymax>${ymax}</ymax>
		</bndbox>
		<part>
			<name>head</name>
			<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>
		</part>
	</object>
`;
}

async function devkit(name: string, xml: string): Promise<string> {
  await folder.pictures([`${name}/JPEGImages/a.jpg`, `${name}/JPEGImages/b.jpg`], 10, 4);
  await folder.write(`${name}/ImageSets/Main/cat_train.txt`, "a 1\n");
  await folder.write(`${name}/ImageSets/Main/dog_train.txt`, "a -1\n");
  await folder.write(`${name}/ImageSets/Segmentation/train.txt`, "a\nb\n");
  await folder.write(`${name}/Annotations/a.xml`, xml);
  await folder.write(`${name}/Annotations/b.xml`, annotation(object("dog", [1, 1, 3, 2])));
  return folder.at(name);
}

function annotation(objects: string): string {
  return `<annotation>\n	<folder>VOC2012</folder>\n	<size><width>10</width></size>\n${objects}</annotation>\n`;
}

test("sides count from 1 and include the last pixel; difficult objects, parts and other classes are absent", async () => {
  const xml = annotation(
    [
      object("cat", [1, 2, 10, 4]),
      object("cat", [3, 1, 4, 1], 1),
      object("tree", [1, 1, 2, 2]),
      object("dog", ["45.70", 1, 60, 2]),
    ].join(""),
  );
  const dataset = await openDataset(await devkit("voc", xml), { classes: ["cat", "dog"] });
  const [a, b] = ["a", "b"].map((id) => sampleOf(dataset, id));
  expect(a).toMatchObject({ id: "a", tags: [0] });
  expect(await readBoxes(a)).toEqual([
    { classIndex: 0, left: 0, top: 1, right: 10, bottom: 4 },
    { classIndex: 1, left: 44.7, top: 0, right: 60, bottom: 2 },
  ]);
  // Neither Main nor a mask says what b shows.
  expect(b).toMatchObject({ id: "b", tags: [1], boxes: [{ classIndex: 1, right: 3, bottom: 2 }] });
});

test.each([
  ["cut", "<annotation><object>", 'this is no annotation: it does not end in "</annotation>"'],
  ["text", "</annotation>", "it must hold one annotation; got nothing"],
  ["name", annotation("<object><bndbox/></object>"), "object 1, name must be a text; got nothing"],
  [
    "bndbox",
    annotation("<object><name>cat</name></object>"),
    "object 1, bndbox must hold the sides of a box; got nothing",
  ],
  [
    "side",
    annotation(object("cat", ["x", 1, 2, 3])),
    'object 1, xmin must be a number of pixels; got "x"',
  ],
  [
    "huge",
    annotation(object("cat", [1, 1, `1${"0".repeat(400)}`, 3])),
    `object 1, xmax must be a number of pixels; got "1${"0".repeat(59)}…"`,
  ],
  [
    "order",
    annotation(object("cat", [5, 1, 2, 3])),
    'object 1, xmax must not be less than xmin or 1; got "2"',
  ],
  [
    "difficult",
    annotation(object("cat", [1, 1, 2, 3], 7)),
    'object 1, difficult must be 0 or 1; got "7"',
  ],
])(
  "a malformed file is an error with its name, the object, rule and value: %s",
  async (name, xml, reason) => {
    const root = await devkit(`bad-${name}`, xml);
    const dataset = await openDataset(root, { classes: ["cat"] });
    await expectMessage(
      readBoxes(sampleOf(dataset, "a")),
      `${root}/Annotations/a.xml: ${reason}. Correct the file, or take it away.`,
    );
  },
);

test("a file is read only where nothing else gives the tags, or boxes are asked for", async () => {
  const root = await devkit("lazy", annotation(object("cat", [1, 1, 2, 2])));
  const file = `${root}/Annotations/a.xml`;
  const dataset = await openDataset(root);
  const sample = sampleOf(dataset, "a");
  expect(sample.boxes).toEqual({ file, classes: dataset.classes });
  await rm(file);
  await expectMessage(
    readBoxes(sample),
    `${file}: it cannot be read (ENOENT: no such file or directory, open '${file}'). Check the file.`,
  );
  await folder.write("lazy/Annotations/b.xml", "<annotation>");
  await expectMessage(
    openDataset(root),
    `${root}/Annotations/b.xml: this is no annotation: it does not end in "</annotation>". Correct the file, or take it away.`,
  );
});

test("a file without an object of the chosen classes has no boxes", async () => {
  const root = await devkit("other", annotation(object("tree", [1, 1, 2, 2])));
  const dataset = await openDataset(root);
  expect(await readBoxes(sampleOf(dataset, "a"))).toBeUndefined();
  expect(await readBoxes(sampleOf(dataset, "b"))).toHaveLength(1);
});
