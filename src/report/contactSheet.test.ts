import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeContactSheet } from "./contactSheet.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sheet-"));
});
afterAll(() => rm(folder, { recursive: true }));

const solid = (r: number, g: number, b: number) => ({
  width: 2,
  height: 2,
  pixels: Uint8Array.from({ length: 12 }, (_, i) => [r, g, b][i % 3]),
});

test("lays pictures out in rows and columns below their titles", async () => {
  const path = join(folder, "sheet.png");
  const rows = [{ title: "<dog> & cat", pictures: [solid(255, 0, 0), solid(0, 0, 255)] }];
  await writeContactSheet(path, { columns: ["before", "after"], rows }, { cell: 64 });
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => {
    const p = (y * info.width + x) * info.channels;
    return [...data.subarray(p, p + 3)];
  };
  // Cells of 64 with gaps of 4; two lines of 11 pixels above for each kind of title.
  expect([info.width, info.height]).toEqual([140, 112]);
  expect(at(4 + 32, 44 + 32)).toEqual([255, 0, 0]);
  expect(at(72 + 32, 44 + 32)).toEqual([0, 0, 255]);
  expect(at(1, 60)).toEqual([255, 255, 255]);
});

test("names a row that does not fill the columns", async () => {
  const rows = [{ pictures: [solid(0, 0, 0)] }];
  await expect(
    writeContactSheet(join(folder, "x.png"), { columns: ["a", "b"], rows }),
  ).rejects.toThrow(
    "writeContactSheet: each row must have a picture for each of the 2 columns; got 1.",
  );
});
