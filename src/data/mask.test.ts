import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { maskLabelsOf } from "./classes.ts";
import { writeIndexedPng } from "./indexedPng.ts";
import { decodeMask, drawBoxes, requireMaskSize, resampleMask } from "./mask.ts";
import { vocPalette } from "./vocPalette.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-mask-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const labels = maskLabelsOf(["a", "b", "c"], ["c", "a"]);

test("chosen classes get their labels, others become background, void stays", async () => {
  const path = join(folder, "mask.png");
  await writeIndexedPng(path, Uint8Array.of(0, 1, 2, 3, 255, 1), 3, 2);
  const mask = await decodeMask(path, labels);
  expect(mask).toEqual({ width: 3, height: 2, labels: Uint8Array.of(0, 2, 0, 1, 255, 2) });
});

test("grey values and colours of VOC's palette are read as the same labels", async () => {
  const values = [0, 1, 3, 255];
  await sharp(Buffer.from(values), { raw: { width: 4, height: 1, channels: 1 } })
    .toColourspace("b-w")
    .png()
    .toFile(join(folder, "grey.png"));
  const colors = values.flatMap((v) => [...vocPalette().subarray(3 * v, 3 * v + 3)]);
  await sharp(Buffer.from(colors), { raw: { width: 4, height: 1, channels: 3 } })
    .png()
    .toFile(join(folder, "rgb.png"));
  for (const name of ["grey.png", "rgb.png"]) {
    expect([...(await decodeMask(join(folder, name), labels)).labels]).toEqual([0, 2, 1, 255]);
  }
});

test("a value or a colour without a class is an error that names the pixel", async () => {
  const indexed = join(folder, "illegal.png");
  await writeIndexedPng(indexed, Uint8Array.of(0, 0, 0, 37), 2, 2);
  await expect(decodeMask(indexed, labels)).rejects.toThrow(
    `${indexed}: the mask's pixel (1, 1) has the value 37, which stands for no class. ` +
      "Use 0 for background, 1 to 3 for the classes and 255 for void.",
  );
  const rgb = join(folder, "illegalRgb.png");
  await sharp(Buffer.from([0, 0, 0, 1, 2, 3]), { raw: { width: 2, height: 1, channels: 3 } })
    .png()
    .toFile(rgb);
  await expect(decodeMask(rgb, labels)).rejects.toThrow(
    `${rgb}: the mask's pixel (1, 0) has the colour (1, 2, 3), which VOC's palette does not hold. ` +
      "Save the mask as an indexed or grey PNG whose values are the labels.",
  );
});

test("a JPEG is no mask", async () => {
  const path = join(folder, "mask.jpg");
  await sharp({ create: { width: 2, height: 2, channels: 3, background: "#000" } }).toFile(path);
  await expect(decodeMask(path, labels)).rejects.toThrow(
    `${path}: the mask is not a PNG file. Save it again as an indexed or grey PNG.`,
  );
});

test("a mask of another size than its picture is an error with both sizes", () => {
  expect(() => requireMaskSize("m.png", { width: 3, height: 2 }, { width: 2, height: 3 })).toThrow(
    "m.png: the mask is 3x2 pixels, its picture 2x3. Make the mask as large as the picture.",
  );
});

test("of overlapping boxes the smaller lies on top", () => {
  const large = { classIndex: 0, left: 0, top: 0, right: 4, bottom: 2 };
  const small = { classIndex: 1, left: 2, top: 1, right: 9, bottom: 2 };
  const expected = [1, 1, 1, 1, 0, 1, 1, 2, 2, 2];
  expect([...drawBoxes([{ ...small, right: 5 }, large], 5, 2).labels]).toEqual(expected);
  expect([...drawBoxes([large, { ...small, right: 5 }], 5, 2).labels]).toEqual(expected);
});

test("resampling takes the pixel at the centre", () => {
  const mask = { width: 5, height: 1, labels: Uint8Array.of(0, 1, 2, 3, 4) };
  expect([...resampleMask(mask, 3, 1).labels]).toEqual([0, 2, 4]);
  expect([...resampleMask(mask, 2, 1).labels]).toEqual([1, 3]);
  expect([...resampleMask(mask, 4, 1, { left: 1, top: 0, width: 2, height: 1 }).labels]).toEqual([
    1, 1, 2, 2,
  ]);
});
