import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Measurement } from "../runtime/index.ts";
import { addMeasured, machineKey, readMeasured } from "./algorithmCache.ts";

let folder = "";
let path = "";
let warnings: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-cache-"));
  path = join(folder, "guided-attention", "algorithms.json");
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cacheOf = (machine: string = "this") => ({
  ...{ path, machine },
  onWarning: (text: string) => warnings.push(text),
});
const direct: Measurement = { algorithm: "direct", milliseconds: { direct: 1.5, winograd4: 2 } };
const winograd: Measurement = { algorithm: "winograd4", milliseconds: { winograd4: 0.25 } };

async function write(text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

test("holds nothing, without a warning, before something is measured", async () => {
  expect(await readMeasured(cacheOf())).toEqual(new Map());
  expect(warnings).toEqual([]);
});

test("gives back what was measured on the same machine only", async () => {
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  await addMeasured(cacheOf("other"), new Map([["a", winograd]]));
  expect(await readMeasured(cacheOf())).toEqual(new Map([["a", "direct"]]));
  expect(await readMeasured(cacheOf("other"))).toEqual(new Map([["a", "winograd4"]]));
  expect(await readMeasured(cacheOf("third"))).toEqual(new Map());
});

test("keeps times beside choices, in a folder that it makes, and leaves nothing half written", async () => {
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  expect(JSON.parse(await readFile(path, "utf8")).machines.this).toEqual({ a: direct });
  expect(await readdir(dirname(path))).toEqual(["algorithms.json"]);
});

test("adds to what another process has written meanwhile; what is newer replaces", async () => {
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  const before = await readMeasured(cacheOf());
  await addMeasured(cacheOf(), new Map([["b", direct]]));
  const news = new Map([
    ["a", winograd],
    ["c", direct],
  ]);
  await addMeasured(cacheOf(), news);
  expect(before.size).toBe(1);
  expect(await readMeasured(cacheOf())).toEqual(
    new Map([
      ["a", "winograd4"],
      ["b", "direct"],
      ["c", "direct"],
    ]),
  );
});

test.for<readonly [string, string]>([
  ["that was cut short", '{"format": "guided-attention algor'],
  ["of something else", '{"format": "something else", "machines": {}}'],
  ["with entries of another form", '{"format": "guided-attention algorithms 1", "machines": []}'],
  ["that is empty", ""],
])("a file %s is told, not used, and replaced", async ([, text]) => {
  await write(text);
  expect(await readMeasured(cacheOf())).toEqual(new Map());
  expect(warnings).toEqual([
    `${path}: is not used, since it holds no measurements of algorithms; it is replaced when some are measured (--tune on).`,
  ]);
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  warnings = [];
  expect(await readMeasured(cacheOf())).toEqual(new Map([["a", "direct"]]));
  expect(warnings).toEqual([]);
});

test("a path that cannot be read or written is told, and stops nothing", async () => {
  await mkdir(path, { recursive: true });
  expect(await readMeasured(cacheOf())).toEqual(new Map());
  expect(warnings.splice(0)).toEqual([
    expect.stringMatching(/algorithms\.json: is not used, EISDIR/),
  ]);
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  expect(warnings.at(-1)).toMatch(
    /^what was measured is not kept for other runs: .*algorithms\.json/,
  );
  await rm(join(folder, "guided-attention"), { recursive: true });
  await writeFile(join(folder, "guided-attention"), "a file where the folder should be");
  await addMeasured(cacheOf(), new Map([["a", direct]]));
  expect(warnings.at(-1)).toMatch(/^what was measured is not kept for other runs: /);
});

test("a machine is its device, threads, versions and processor", () => {
  const key = machineKey({ device: "cpu", threads: 2 });
  expect(key).toMatch(/^cpu, 2 threads, ONNX Runtime \d+\.\d+\.\d+, \w+, \w+, .+, algorithms \d+$/);
  expect(machineKey({ device: "cpu", threads: 2 })).toBe(key);
  expect(machineKey({ device: "cpu", threads: 1 })).not.toBe(key);
  expect(machineKey({ device: "webgpu", threads: 2 })).not.toBe(key);
});
