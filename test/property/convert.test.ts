/** A data set in another format and back: what the format can hold is the same. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pixelBoxes, readBoxes } from "../../src/data/boxes.ts";
import {
  type Box,
  type ConvertFormat,
  convertDataset,
  type Dataset,
  decodeMask,
  openDataset,
  pictureSize,
  type Sample,
  writeIndexedPng,
} from "../../src/data/index.ts";
import { settings } from "./settings.ts";

const runs = { ...settings, numRuns: 12 };
const classes = ["wolf", "ant", "cat"];
const ignore = 255;

let folder = "";
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-convert-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly split: "train" | "val" | "odd";
  readonly tags: readonly number[];
  readonly labels?: Uint8Array | undefined;
  readonly boxes?: readonly Box[] | undefined;
}

const side = fc.integer({ min: 1, max: 20 });

const box = (width: number, height: number): fc.Arbitrary<Box> =>
  fc
    .record({
      classIndex: fc.nat(2),
      x: fc.double({ min: 0, max: 0.9, noNaN: true }),
      y: fc.double({ min: 0, max: 0.9, noNaN: true }),
      u: fc.double({ min: 0.01, max: 1, noNaN: true }),
      v: fc.double({ min: 0.01, max: 1, noNaN: true }),
      isWhole: fc.boolean(),
    })
    .map(({ classIndex, x, y, u, v, isWhole }) => {
      // VOC's boxes have a pixel at least.
      const span = (from: number, share: number, size: number): [number, number] => {
        const start = isWhole ? Math.floor(from * size) : from * (size - 1);
        const end = start + share * (size - start);
        return [start, Math.max(start + 1, isWhole ? Math.ceil(end) : end)];
      };
      const [left, right] = span(x, u, width);
      const [top, bottom] = span(y, v, height);
      return { classIndex, left, top, right, bottom };
    });

/** Label maps with rectangles on noise: islands, holes, diagonals, void. */
const labelMap = (width: number, height: number): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, ignore), {
        minLength: width * height,
        maxLength: width * height,
      }),
      fc.array(fc.tuple(fc.constantFrom(0, 1, 2, 3), box(width, height)), { maxLength: 6 }),
    )
    .map(([noise, rectangles]) => {
      const labels = Uint8Array.from(noise);
      for (const [label, { left, top, right, bottom }] of rectangles) {
        for (let y = Math.floor(top); y < bottom && y < height; y++) {
          labels.fill(
            label,
            y * width + Math.floor(left),
            y * width + Math.min(width, Math.ceil(right)),
          );
        }
      }
      return labels;
    });

const drawing = fc.tuple(side, side).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    split: fc.constantFrom("train" as const, "val" as const, "odd" as const),
    tags: fc.subarray([0, 1, 2]),
    labels: fc.option(labelMap(width, height), { nil: undefined }),
    boxes: fc.option(fc.array(box(width, height), { minLength: 1, maxLength: 4 }), {
      nil: undefined,
    }),
  }),
);

/** A picture for training, one for validation, and others. */
const drawings = fc
  .tuple(drawing, drawing, fc.array(drawing, { maxLength: 3 }))
  .map(([first, second, others]): Drawing[] => [
    { ...first, split: "train" },
    { ...second, split: "val" },
    ...others,
  ]);

const hasObjects = (given: readonly Drawing[]): boolean =>
  given.some(({ labels, boxes }) => labels !== undefined || boxes !== undefined);

describe("a data set", () => {
  for (const format of ["voc", "table"] as const) {
    test(`is the same in ${format}: splits, tags, masks with void, boxes`, async () => {
      await check(drawings, format, async (source, back) => {
        expect(splitsOf(back)).toEqual(splitsOf(source));
        for (const [a, b] of pairs(source, back)) {
          expect(b.tags).toEqual(a.tags);
          expect(await labelsOf(b, back)).toEqual(await labelsOf(a, source));
          await expectSameBoxes(b, a);
        }
      });
    });
  }

  test("has the same splits, masks and boxes in COCO, but for void, and tags of its objects", async () => {
    await check(drawings.filter(hasObjects), "coco", async (source, back) => {
      const { odd, ...named } = splitsOf(source);
      expect(splitsOf(back)).toEqual({ ...named, ...(odd && { odd }) });
      for (const [a, b] of pairs(source, back)) {
        const labels = await shownLabels(a, source);
        expect(await shownLabels(b, back)).toEqual(labels);
        if (a.mask === undefined) await expectSameBoxes(b, a);
        expect(b.tags).toEqual(
          a.mask === undefined ? await tagsOfBoxes(a) : [...new Set(labels)].sort().flatMap(tagOf),
        );
      }
    });
  });

  test("has the same masks in YOLO, but for void, and without masks the same boxes", async () => {
    await check(drawings.filter(hasObjects), "yolo", async (source, back) => {
      const { odd: _, ...named } = splitsOf(source);
      expect(splitsOf(back)).toEqual(named);
      const hasMasks = allOf(source).some(({ mask }) => mask !== undefined);
      for (const [a, b] of pairs(source, back)) {
        expect(await shownLabels(b, back)).toEqual(await shownLabels(a, source));
        if (!hasMasks) await expectSameBoxes(b, a);
      }
    });
  });

  test("has the same splits, tags and masks in Label Studio, but for void, and boxes where there is no mask", async () => {
    await check(drawings, "label-studio", async (source, back) => {
      expect(splitsOf(back)).toEqual(splitsOf(source));
      for (const [a, b] of pairs(source, back)) {
        const labels = await shownLabels(a, source);
        expect(await shownLabels(b, back)).toEqual(labels);
        if (a.mask === undefined) await expectSameBoxes(b, a);
        const shown = [...a.tags, ...[...new Set(labels)].flatMap(tagOf)];
        expect(b.tags).toEqual([...new Set(shown)].sort());
      }
    });
  });

  test("is the same in folders, but for boxes, if each picture has one tag", async () => {
    const single = fc
      .tuple(drawings, fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }))
      .map(([given, tags]) =>
        given.map(({ boxes: _, ...rest }, i): Drawing => ({ ...rest, tags: [tags[i]] })),
      );
    await check(single, "folders", async (source, back) => {
      const { odd: _, ...named } = splitsOf(source);
      expect(sortedSplits(splitsOf(back))).toEqual(sortedSplits(named));
      for (const [a, b] of pairs(source, back)) {
        expect(b.tags).toEqual(a.tags);
        expect(await labelsOf(b, back)).toEqual(await labelsOf(a, source));
      }
    });
  });

  test("that came from COCO keeps its outlines and run lengths, and its masks in every other", async () => {
    await check(drawings.filter(hasObjects), "coco", async (_, coco) => {
      const root = coco.root;
      const again = await converted(root, "coco");
      for (const [a, b] of pairs(coco, again)) {
        expect(regionsOf(b)).toEqual(regionsOf(a));
        await expectSameBoxes(b, a);
      }
      for (const format of ["voc", "table", "label-studio"] as const) {
        const other = await converted(root, format);
        for (const [a, b] of pairs(coco, other)) {
          expect(await labelsOf(b, other), format).toEqual(await labelsOf(a, coco));
        }
      }
    });
  });
});

/** Writes the drawings as a table, converts that, and reads both. */
async function check(
  given: fc.Arbitrary<readonly Drawing[]>,
  format: ConvertFormat,
  compare: (source: Dataset, back: Dataset) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(given, async (pictures) => {
      const table = await writeDrawings(pictures);
      await compare(await openDataset(table), await converted(table, format));
    }),
    runs,
  );
}

async function converted(data: string, format: ConvertFormat): Promise<Dataset> {
  const out = join(folder, `set${count++}`);
  const { problems } = await convertDataset({ data, out, to: format });
  expect(problems).toEqual([]);
  const files = (await readdir(out)).filter((name) => /^(table|tasks)\.(csv|json)$/.test(name));
  const dataset = await openDataset(join(out, ...files));
  expect(dataset.classes).toEqual(classes);
  return dataset;
}

async function writeDrawings(pictures: readonly Drawing[]): Promise<string> {
  const root = join(folder, `set${count++}`);
  await mkdir(root);
  await writeFile(join(root, "classes.txt"), classes.join("\n"));
  const rows: object[] = [];
  for (const [i, { width, height, split, tags, labels, boxes }] of pictures.entries()) {
    const create = { width, height, channels: 3 as const, background: "#345678" };
    await sharp({ create })
      .png()
      .toFile(join(root, `picture ${i}.png`));
    if (labels) await writeIndexedPng(join(root, `mask ${i}.png`), labels, width, height);
    rows.push({
      image: `picture ${i}.png`,
      tags: tags.map((tag) => classes[tag]),
      split,
      ...(labels && { mask: `mask ${i}.png` }),
      ...(boxes && {
        boxes: boxes.map(({ classIndex, ...sides }) => ({ tag: classes[classIndex], ...sides })),
      }),
    });
  }
  await writeFile(join(root, "table.json"), JSON.stringify(rows));
  return join(root, "table.json");
}

const allOf = ({ splits }: Dataset): Sample[] => Object.values(splits).flat();

/** Names of files say which picture it is; VOC's have no spaces. */
const nameOf = ({ image }: Sample): string => basename(image).replace(" ", "_");

/** Names by split, those with pictures. */
function splitsOf({ splits }: Dataset): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(splits)
      .filter(([, samples]) => samples.length > 0)
      .map(([split, samples]) => [split, samples.map(nameOf)]),
  );
}

function sortedSplits(splits: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(splits).map(([name, ids]) => [name, ids.sort()]));
}

/** Each picture of `back` with the one that it was. */
function pairs(source: Dataset, back: Dataset): [Sample, Sample][] {
  const byName = new Map(allOf(source).map((sample) => [nameOf(sample), sample]));
  return allOf(back).flatMap((sample): [Sample, Sample][] => {
    const before = byName.get(nameOf(sample));
    return before ? [[before, sample]] : [];
  });
}

async function labelsOf({ mask }: Sample, { maskLabels }: Dataset): Promise<number[] | undefined> {
  return mask === undefined ? undefined : [...(await decodeMask(mask, maskLabels)).labels];
}

/** With void as background; all background without a mask. */
async function shownLabels(sample: Sample, dataset: Dataset): Promise<number[]> {
  const { width, height } = await pictureSize(sample.image);
  const labels = (await labelsOf(sample, dataset)) ?? new Array<number>(width * height).fill(0);
  return labels.map((label) => (label === ignore ? 0 : label));
}

const tagOf = (label: number): number[] => (label === 0 ? [] : [label - 1]);

async function tagsOfBoxes(sample: Sample): Promise<number[]> {
  const boxes = (await readBoxes(sample)) ?? [];
  return [...new Set(boxes.map(({ classIndex }) => classIndex))].sort();
}

function regionsOf({ mask }: Sample): unknown {
  return typeof mask === "object"
    ? mask.regions.map(({ value, isVoid, shape }) => ({ value, isVoid, shape }))
    : mask;
}

/** To a millionth of a pixel. */
async function expectSameBoxes(actual: Sample, expected: Sample): Promise<void> {
  const size = await pictureSize(actual.image);
  const sides = async (sample: Sample): Promise<number[][]> =>
    pixelBoxes((await readBoxes(sample)) ?? [], size).map(
      ({ classIndex, left, top, right, bottom }) => [...[classIndex, left, top, right, bottom]],
    );
  const [found, wanted] = [await sides(actual), await sides(expected)];
  expect(found).toHaveLength(wanted.length);
  for (const [i, numbers] of wanted.entries()) {
    for (const [n, number] of numbers.entries()) {
      expect(Math.abs(found[i][n] - number)).toBeLessThan(1e-6);
    }
  }
}
