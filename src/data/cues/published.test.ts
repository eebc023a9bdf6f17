import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { countCues } from "../../sec/cueSet.ts";
import { vocClasses } from "../classes.ts";
import { readIntegerArrays } from "./numpyPickle.ts";
import { readSecPickle } from "./secPickle.ts";

const shared = fileURLToPath(new URL("../../../../shared/cues", import.meta.url));
const pickle = join(shared, "localization_cues.pickle.gz");
const isThere = existsSync(pickle);
if (!isThere) console.warn(`skipped: ${pickle} does not exist`);

const key = (grid: Uint8Array): string => Buffer.from(grid).toString("latin1");

test.skipIf(!isThere)("SEC's published cues are those that were measured with NumPy", async () => {
  const arrays = readIntegerArrays(gunzipSync(await readFile(pickle)));
  expect(arrays.size).toBe(21_164);
  // Also refuses two classes in one cell.
  const numbered = await readSecPickle(pickle);
  const grids = new Map([...numbered].map(([number, { grid }]) => [String(number), grid]));
  const counts = countCues({ size: 41, classes: vocClasses, grids });
  const cells = 10_582 * 41 * 41;
  expect(counts.images).toBe(10_582);
  expect((100 * counts.background) / cells).toBeCloseTo(9.81, 2);
  expect((100 * counts.foreground) / cells).toBeCloseTo(14.19, 2);
  expect((100 * counts.none) / cells).toBeCloseTo(75.99, 2);
  expect(counts.withoutCue).toEqual([]);
  const images = new Array<number>(20).fill(0);
  for (const { labels } of numbered.values()) for (const label of labels) images[label - 1]++;
  expect(images).toEqual([
    ...[586, 485, 698, 460, 651, 385, 1079, 1000, 1063, 262],
    ...[520, 1176, 444, 481, 3876, 485, 299, 474, 499, 548],
  ]);

  const known = new Set([...grids.values()].map(key));
  const binary = await readFile(join(shared, "sec_train_41x41_u8.bin"));
  const cellsOfGrid = 41 * 41;
  expect(binary.length).toBe(3131 * cellsOfGrid);
  for (let start = 0; start < binary.length; start += cellsOfGrid) {
    expect(known.has(key(binary.subarray(start, start + cellsOfGrid)))).toBe(true);
  }
});
