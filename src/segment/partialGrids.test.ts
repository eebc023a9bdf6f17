import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PartialGrids } from "./partialGrids.ts";

const folder = await mkdtemp(join(tmpdir(), "gain-partial-"));
const options = { digest: "0a0b0c", cells: 4, batch: 2 };
const grid = (value: number): Uint8Array => new Uint8Array(4).fill(value);

test("what was appended is there after opening again, and pictures without a grid stay so", async () => {
  const file = join(folder, "again");
  const first = await PartialGrids.open(file, options);
  expect(first.done).toBe(0);
  await first.append([grid(1), undefined]);
  await first.close();
  const second = await PartialGrids.open(file, options);
  expect(second.done).toBe(2);
  await second.append([grid(0), grid(255)]);
  expect(await second.read()).toEqual([grid(1), undefined, grid(0), grid(255)]);
  await second.close();
});

test("half a record and half a batch at the end are cut off, byte by byte", async () => {
  const whole = join(folder, "whole");
  const made = await PartialGrids.open(whole, options);
  await made.append([grid(1), grid(2)]);
  await made.append([grid(3), grid(4)]);
  await made.close();
  const bytes = await readFile(whole);
  const file = join(folder, "cut");
  for (let length = 0; length <= bytes.length; length++) {
    await writeFile(file, bytes.subarray(0, length));
    const cut = await PartialGrids.open(file, options);
    expect(cut.done).toBe(length < 3 + 10 ? 0 : length < 3 + 20 ? 2 : 4);
    await cut.append([3, 4].map(grid).slice(cut.done === 4 ? 2 : 0));
    await cut.close();
    if (cut.done === 4) expect(await readFile(file)).toEqual(bytes);
  }
});

test("a file with another digest is started anew", async () => {
  const file = join(folder, "other");
  await writeFile(file, Uint8Array.of(0x0a, 0x0b, 0x0d, ...grid(1), ...grid(2)));
  const other = await PartialGrids.open(file, options);
  expect(other.done).toBe(0);
  await other.close();
  expect([...(await readFile(file))]).toEqual([0x0a, 0x0b, 0x0c]);
});

test("a file that cannot be written is told", async () => {
  const file = join(folder, "none/file");
  await expect(PartialGrids.open(file, options)).rejects.toThrow(
    expect.objectContaining({
      name: "RunError",
      message: expect.stringMatching(
        /none\/file: cannot be written \(ENOENT.*\)\. What was made so far is kept; make room, and start again\.$/,
      ),
    }),
  );
});
