import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { confusionSvg, writeConfusionPicture } from "./confusionPicture.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "confusion-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Texts of the cells, in reading order. */
function cellTexts(svg: string): string[] {
  return [...svg.matchAll(/rx="2"[^>]*\/><text[^>]*>([^<]*)</g)].map(([, label]) => label);
}

test("each row is percent of its true class: blank below a half, dashes without pixels", () => {
  const labels = ["background", "cat", "dog"];
  const confusion = [
    [996, 3, 1],
    [10, 20, 10],
    [0, 0, 0],
  ];
  const svg = confusionSvg({ labels, confusion });
  expect(cellTexts(svg)).toEqual(["99.6", "", "", "25.0", "50.0", "25.0", "–", "–", "–"]);
});

test("more than ten classes have smaller cells and whole percents", () => {
  const labels = Array.from({ length: 21 }, (_, i) => `class ${i}`);
  const confusion = labels.map((_, r) => labels.map((_, c) => (r === c ? 874 : 6.3)));
  const svg = confusionSvg({ labels, confusion });
  expect(cellTexts(svg).filter((label) => label === "87")).toHaveLength(21);
  expect(cellTexts(svg).filter((label) => label === "1")).toHaveLength(21 * 20);
  expect(svg).toContain('width="38" height="38"');
});

test("names are escaped, and cut when they are long", () => {
  const labels = ["background", "<a> class & its very, very long name"];
  const svg = confusionSvg({
    labels,
    confusion: [
      [1, 0],
      [0, 1],
    ],
  });
  expect(svg).toContain(">&lt;a&gt; class &amp; its very, v…</text>");
  expect(svg).not.toContain("<a>");
});

test("the picture shows right in blue and wrong in red, stronger where there is more", async () => {
  const path = join(folder, "confusion.png");
  const confusion = [
    [80, 20],
    [100, 0],
  ];
  await writeConfusionPicture(path, { labels: ["background", "cat"], confusion });
  const { data, info } = await sharp(path)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  // Ten letters of 17 pixels: cells of 72 start after 51 + 102 + 17 pixels, both ways.
  const corner = (row: number, column: number): number[] => {
    const p = ((170 + 72 * row + 10) * info.width + 170 + 72 * column + 10) * info.channels;
    return [...data.subarray(p, p + 3)];
  };
  const [[rightR, , rightB], [wrongR, , wrongB]] = [corner(0, 0), corner(0, 1)];
  expect(rightB).toBeGreaterThan(rightR + 100);
  expect(wrongR).toBeGreaterThan(wrongB + 30);
  expect(corner(1, 0)[2]).toBeLessThan(wrongB);
  expect(corner(1, 1)).toEqual([0xf3, 0xf3, 0xf3]);
});

test("a matrix that does not fit its labels is an error", async () => {
  const path = join(folder, "x.png");
  await expect(
    writeConfusionPicture(path, { labels: ["background", "cat"], confusion: [[1, 0], [1]] }),
  ).rejects.toThrow(
    "writeConfusionPicture: confusion must be 2 x 2, as there are 2 labels; got [2, 1].",
  );
});
