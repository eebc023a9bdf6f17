import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodePicture, pictureSize } from "./picture.ts";
import { readPngChunks, writePngChunks } from "./pngChunks.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gain-picture-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A picture whose red grows by `step` a column and whose green by `step` a row. */
function ramp(width: number, height: number, step: number): Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 3) {
      pixels[i] = x * step;
      pixels[i + 1] = y * step;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

test.each([
  ["smaller", 30, 20],
  ["larger", 130, 110],
  ["narrower and higher", 30, 70],
  ["as wide and higher", 60, 70],
  ["wider and lower", 80, 30],
])("a picture keeps its place when stretched: %s", async (_, width, height) => {
  const path = join(folder, "ramp.png");
  await ramp(60, 50, 4).png().toFile(path);
  const { pixels, original } = await decodePicture(path, width, height);
  expect(original).toEqual({ width: 60, height: 50 });
  for (const [x, y] of [
    [Math.floor(width / 2), Math.floor(height / 3)],
    [Math.floor(width / 4), Math.floor(height / 2)],
  ]) {
    const [red, green] = pixels.subarray(3 * (y * width + x));
    // Within one grey level of the linear ramp at the pixel's centre.
    expect(Math.abs(red - 4 * (((x + 0.5) * 60) / width - 0.5))).toBeLessThanOrEqual(1);
    expect(Math.abs(green - 4 * (((y + 0.5) * 50) / height - 0.5))).toBeLessThanOrEqual(1);
  }
});

test("a crop is the window in the upright picture", async () => {
  const path = join(folder, "turned.png");
  // Orientation 6: stored lying, shown turned by 90 degrees clockwise.
  await ramp(40, 20, 5).withMetadata({ orientation: 6 }).png().toFile(path);
  expect(await pictureSize(path)).toEqual({ width: 20, height: 40 });
  const crop = { left: 0, top: 0.5, width: 0.5, height: 0.5 };
  const { pixels, original } = await decodePicture(path, 10, 20, crop);
  expect(original).toEqual({ width: 20, height: 40 });
  // The upright pixel (x, y) is the stored one (y, 19 - x).
  expect([...pixels.subarray(0, 2)]).toEqual([5 * 20, 5 * 19]);
  expect([...pixels.subarray(3 * 9, 3 * 9 + 2)]).toEqual([5 * 20, 5 * 10]);
});

test("grey, 16-bit, CMYK, indexed and transparent pictures become RGB bytes", async () => {
  const red = { r: 200, g: 0, b: 0 };
  const opaque = sharp({ create: { width: 9, height: 9, channels: 3, background: red } });
  const half = { width: 9, height: 9, channels: 4, background: { ...red, alpha: 0.5 } } as const;
  const cases: [string, Sharp, number[]][] = [
    ["grey.jpg", opaque.clone().greyscale().jpeg(), [96, 96, 96]],
    ["grey16.png", opaque.clone().toColourspace("grey16").png(), [96, 96, 96]],
    ["rgb16.png", opaque.clone().toColourspace("rgb16").png(), [200, 0, 0]],
    ["cmyk.jpg", opaque.clone().toColourspace("cmyk").jpeg({ quality: 100 }), [200, 0, 0]],
    ["indexed.png", opaque.clone().png({ palette: true }), [200, 0, 0]],
    ["half.png", sharp({ create: half }).png(), [227, 127, 127]],
    ["half16.png", sharp({ create: half }).toColourspace("rgb16").png(), [227, 127, 127]],
  ];
  for (const [name, image, color] of cases) {
    await image.toFile(join(folder, name));
    const { pixels } = await decodePicture(join(folder, name), 4, 4);
    expect(pixels.length).toBe(4 * 4 * 3);
    // Conversions by colour profile are not exact.
    const off = color.map((value, c) => Math.abs(pixels[c] - value));
    expect(Math.max(...off), `${name}: ${pixels.subarray(0, 3)}`).toBeLessThanOrEqual(45);
  }
});

test("a truncated JPEG is an error that names the file and the cure", async () => {
  const path = join(folder, "cut.jpg");
  const whole = await ramp(60, 50, 4).jpeg().toBuffer();
  for (const share of [0.95, 0.5]) {
    await writeFile(path, whole.subarray(0, whole.length * share));
    await expect(decodePicture(path, 16, 16)).rejects.toThrow(
      // libvips says it in one of two ways, by whether the header is whole.
      /cut\.jpg: the picture cannot be decoded \(.*premature end of JPEG image\)\. Replace the file, or take it out of the data set\.$/,
    );
  }
});

test("a missing file and a file that is no picture are told apart", async () => {
  await expect(decodePicture(join(folder, "none.jpg"), 4, 4)).rejects.toThrow(
    `${join(folder, "none.jpg")}: there is no such picture, or it may not be read.`,
  );
  await writeFile(join(folder, "text.jpg"), "hello");
  await expect(pictureSize(join(folder, "text.jpg"))).rejects.toThrow("cannot be decoded");
});

test("a header that claims millions of pixels in a row is refused at once", async () => {
  const path = join(folder, "claim.png");
  await sharp({ create: { width: 4, height: 3, channels: 3, background: "#888" } }).toFile(path);
  const bytes = await readFile(path);
  const chunks = readPngChunks(bytes).map(({ type, data }) => ({
    type,
    data: Uint8Array.from(data),
  }));
  new DataView(chunks[0].data.buffer).setUint32(0, 8_388_608);
  await writeFile(path, writePngChunks(chunks));
  const message = `${path}: the picture cannot be decoded (it has 8388608x3 pixels, more than 100000 in a row or 268402689 in all). Replace the file, or take it out of the data set.`;
  await expect(pictureSize(path)).rejects.toThrow(message);
  await expect(decodePicture(path, 4, 3)).rejects.toThrow(message);
});
