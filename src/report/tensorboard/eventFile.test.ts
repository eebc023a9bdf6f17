import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EventFile, eventFiles } from "./eventFile.ts";
import { encodeEvent } from "./eventSchema.ts";
import { maskedCrc, tfRecord } from "./tfRecord.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/tensorboard/golden.json", import.meta.url), "utf8"),
);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const now = (): number => 1000 * golden.seconds;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "events-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("masks the CRC-32C of RFC 3720's vectors as TensorFlow does", () => {
  for (const { hex: text, masked } of golden.vectors) {
    expect(maskedCrc(Buffer.from(text, "hex"))).toBe(masked);
  }
});

test("writes the bytes that google.protobuf and the framing's definition give", async () => {
  const file = await EventFile.open(folder, { purgeFrom: 301, now });
  await file.addScalars(320, { "loss/total": 0.7310585975646973, "val-AP/größe": 0 });
  await file.addScalars(321, {});
  await file.close();
  expect(hex(await readFile(file.path))).toBe(golden.records.slice(0, 3).join(""));
  const image = {
    ...{ height: 2, width: 300, colorspace: 3 },
    encoded_image_string: Buffer.from("89504e47", "hex"),
  };
  const event = encodeEvent({
    wall_time: golden.seconds,
    step: 5_000_000_000,
    summary: { value: [{ tag: "attention/a", image }] },
  });
  expect(hex(event)).toBe(golden.events[3]);
  expect(hex(tfRecord(event))).toBe(golden.records[3]);
});

test("a picture is a PNG that can be read", async () => {
  const file = await EventFile.open(folder, { now });
  const pixels = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => 10 * i);
  await file.addImage(7, "attention/a", { width: 3, height: 2, pixels });
  await file.close();
  const bytes = await readFile(file.path);
  const start = bytes.indexOf(Buffer.from("89504e470d0a1a0a", "hex"));
  const png = await sharp(bytes.subarray(start, bytes.length - 4))
    .raw()
    .toBuffer();
  expect([...png]).toEqual([...pixels]);
});

test("a file that is opened later is read later, in the same second as well", async () => {
  await writeFile(join(folder, "notes.txt"), "");
  const before = await eventFiles(folder);
  const file = await EventFile.open(folder, { now });
  await file.close();
  expect(await eventFiles(folder)).toEqual([...before, basename(file.path)]);
  expect(basename(file.path)).toMatch(/^events\.out\.tfevents\.17000000\d\d\.[\w-]+\.\d+$/);
});
