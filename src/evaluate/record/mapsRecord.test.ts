import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunError, RunFolder } from "../../train/index.ts";
import { type RecordedMaps, readMaps, recordMaps } from "./mapsRecord.ts";

let folder: RunFolder;
beforeEach(async () => {
  folder = new RunFolder(await mkdtemp(join(tmpdir(), "maps-")));
});
afterEach(() => rm(folder.path, { recursive: true }));

const counts = { maps: 2, blank: 0, notFinite: 0 };
const first: RecordedMaps = {
  ...{ data: "/photos", split: "val", method: "grad-cam", layer: "conv6" },
  ...{ step: 6, seed: 0, pictures: 2 },
  blank: {
    ...{ ...counts, perClass: { cat: counts } },
    ...{ meanScoreOfBlank: null, firstBlank: null, firstNotFinite: null },
  },
};
const curve = { mean: 0.5, perClass: { cat: 0.5 }, curve: [0.5] };
const faithfulness = {
  ...{ maps: 2, leftOut: 0, insertion: curve, deletion: curve },
  road: { mean: 0.1, perClass: { cat: 0.1 }, percentages: [50], morf: [0.4], lerf: [0.6] },
};

test("figures come back as they were kept, one line each; without a file there are none", async () => {
  expect(await readMaps(folder)).toEqual([]);
  const other = { ...first, layer: "conv4" };
  await recordMaps(folder, [first, other]);
  expect(await readMaps(folder)).toEqual([first, other]);
  const lines = (await readFile(folder.file("maps.json"), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(4);
});

test("what was found of the same maps before stays; other splits and data sets stand beside it", async () => {
  await recordMaps(folder, [{ ...first, faithfulness }]);
  const again = { ...first, pictures: 3 };
  const [test, elsewhere] = [
    { ...first, split: "test" },
    { ...first, data: "/others" },
  ];
  await recordMaps(folder, [again, test, elsewhere]);
  expect(await readMaps(folder)).toEqual([{ ...again, faithfulness }, test, elsewhere]);
});

test.each([
  ["after more steps", { step: 9 }],
  ["with another seed", { seed: 1 }],
  ["of fewer channels", { channels: 8 }],
])("what was found %s takes the place of all that was there", async (_, change) => {
  await recordMaps(folder, [{ ...first, faithfulness }]);
  await recordMaps(folder, [{ ...first, ...change }]);
  expect(await readMaps(folder)).toEqual([{ ...first, ...change }]);
});

test("a damaged file says what to do", async () => {
  await recordMaps(folder, [first]);
  const path = folder.file("maps.json");
  const text = await readFile(path, "utf8");
  const cure = "Delete the file; gain evaluate RUN DATA --methods all measures anew.";
  await writeFile(path, text.slice(0, -9));
  await expect(readMaps(folder)).rejects.toThrow(
    new RunError(`${path}: must be whole JSON. ${cure}`),
  );
  await writeFile(path, text.replace('"step":6', '"step":"6"'));
  await expect(readMaps(folder)).rejects.toThrow(
    new RunError(
      `${path}: results.0.step: Invalid input: expected number, received string. ${cure}`,
    ),
  );
});
