import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  safetensorsWeights,
  writeSafetensors,
} from "./safetensors.ts";
import { WeightsError } from "./types.ts";

const names = fc
  .string({ unit: "grapheme" })
  .filter((name) => name !== "__metadata__" && name !== "__proto__");

const tensors = fc.dictionary(
  names,
  fc
    .oneof(
      fc.float32Array(),
      fc.float64Array(),
      fc.bigInt64Array(),
      fc.int32Array(),
      fc.uint8Array(),
    )
    .map((data): SafeTensor => ({ shape: [1, data.length], data })),
  { maxKeys: 6 },
);

const metadata = fc.dictionary(names, fc.string({ unit: "grapheme" }), { noNullPrototype: true });

test("decoding an encoded file gives its tensors and metadata back", () => {
  fc.assert(
    fc.property(tensors, metadata, (record, notes) => {
      const map = new Map(Object.entries(record));
      const read = decodeSafetensors(encodeSafetensors(map, notes), "file");
      expect(read.metadata).toEqual(notes);
      expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(map));
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("a written file holds the encoded bytes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  const path = join(folder, "w.safetensors");
  const map = new Map<string, SafeTensor>([
    ["step", { shape: [], data: Int32Array.of(7) }],
    ["w", { shape: [2], data: Float32Array.of(1, 2) }],
  ]);
  await writeSafetensors(path, map, { seed: "1" });
  expect(new Uint8Array(await readFile(path))).toEqual(
    new Uint8Array(encodeSafetensors(map, { seed: "1" })),
  );
  await rm(folder, { recursive: true });
});

test("float64 becomes float32 and integers are left out of weights", () => {
  const map = new Map<string, SafeTensor>([
    ["w", { shape: [1], data: Float64Array.of(0.1) }],
    ["count", { shape: [1], data: BigInt64Array.of(3n) }],
  ]);
  expect([...safetensorsWeights(encodeSafetensors(map), "file")]).toEqual([
    ["w", { shape: [1], data: Float32Array.of(0.1) }],
  ]);
});

test("a header that does not describe the bytes is an error that names the tensor", () => {
  const file = (header: unknown): Uint8Array => {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, Buffer.alloc(8)]);
  };
  const decode = (entry: unknown): (() => unknown) => {
    return () => decodeSafetensors(file({ w: entry }), "a.safetensors");
  };
  expect(decode({ dtype: "F32", shape: [3], data_offsets: [0, 8] })).toThrow(
    new WeightsError(
      'a.safetensors: tensor "w": must have 3 elements for shape [3]; got 2. Save the file again.',
    ),
  );
  expect(decode({ dtype: "F8_E5M2", shape: [8], data_offsets: [0, 8] })).toThrow(
    new WeightsError(
      'a.safetensors: tensor "w": type must be F64, F32, F16, BF16, I64, I32, U8 or BOOL; got ' +
        "F8_E5M2. Convert the tensor, or leave it out.",
    ),
  );
  expect(decode({ dtype: "F32", shape: [4], data_offsets: [0, 16] })).toThrow(
    /^a\.safetensors: tensor "w": must lie in the file's \d+ bytes; got bytes/,
  );
  expect(decode({ dtype: "F32", shape: [-1] })).toThrow(
    new WeightsError(
      "a.safetensors: must be a whole safetensors file (its header is not one). " +
        "The file may be truncated: download or save it again.",
    ),
  );
});
