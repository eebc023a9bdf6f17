import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { decodePng } from "./decodePng.ts";
import { encodeIndexedPng } from "./indexedPng.ts";
import { vocPalette } from "./vocPalette.ts";

const labelMaps = fc
  .tuple(fc.integer({ min: 1, max: 17 }), fc.integer({ min: 1, max: 17 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      labels: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
    }),
  );

test("indices survive a round trip through an indexed PNG", () => {
  fc.assert(
    fc.property(labelMaps, ({ width, height, labels }) => {
      const png = decodePng(encodeIndexedPng(labels, width, height));
      expect(png).toMatchObject({ width, height, kind: "indexed", channels: 1 });
      expect(png.samples).toEqual(labels);
    }),
    { seed: 1 },
  );
});

test("another decoder sees the palette's colours", async () => {
  const labels = Uint8Array.from([0, 1, 8, 15, 20, 255]);
  const bytes = encodeIndexedPng(labels, 3, 2);
  const colors = await sharp(bytes).removeAlpha().raw().toBuffer();
  const palette = vocPalette();
  expect([...colors]).toEqual(
    [...labels].flatMap((label) => [...palette.subarray(3 * label, 3 * label + 3)]),
  );
  expect([...palette.subarray(3 * 8, 3 * 8 + 3)]).toEqual([64, 0, 0]);
  expect([...palette.subarray(3 * 255)]).toEqual([224, 224, 192]);
});

test("every filter, sequential and interlaced, decodes to the pixels that went in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 19 }),
      fc.integer({ min: 1, max: 19 }),
      fc.constantFrom(1, 3, 4),
      fc.boolean(),
      fc.integer({ min: 0, max: 1e6 }),
      async (width, height, channels, progressive, seed) => {
        const pixels = Buffer.alloc(width * height * channels);
        for (let i = 0; i < pixels.length; i++) pixels[i] = Math.sin(i / 7 + seed) * 90 + 128;
        const bytes = await sharp(pixels, {
          raw: { width, height, channels: channels as 1 | 3 | 4 },
        })
          .toColourspace(channels === 1 ? "b-w" : "srgb")
          .png({ progressive, adaptiveFiltering: true })
          .toBuffer();
        expect(Buffer.from(decodePng(bytes).samples)).toEqual(pixels);
      },
    ),
    { seed: 2, numRuns: 40 },
  );
});

test("indices of fewer than eight bits are unpacked", async () => {
  for (const colours of [2, 4, 16]) {
    const pixels = Buffer.from(
      Array.from({ length: 11 * 5 }, (_, i) => (i % colours) * Math.floor(255 / (colours - 1))),
    );
    const bytes = await sharp(pixels, { raw: { width: 11, height: 5, channels: 1 } })
      .png({ palette: true, colours, dither: 0 })
      .toBuffer();
    const png = decodePng(bytes);
    expect(png.kind).toBe("indexed");
    expect(png.bitDepth).toBe(Math.log2(colours));
    const palette = await sharp(bytes).removeAlpha().raw().toBuffer();
    const colorOfIndex = new Map<number, number>();
    for (const [i, index] of png.samples.entries()) {
      expect(colorOfIndex.get(index) ?? palette[3 * i]).toBe(palette[3 * i]);
      colorOfIndex.set(index, palette[3 * i]);
    }
    expect(colorOfIndex.size).toBe(colours);
  }
});

test("a file that is cut short anywhere, or has a changed byte, is rejected", () => {
  const bytes = encodeIndexedPng(new Uint8Array(64).fill(7), 8, 8);
  for (let length = 0; length < bytes.length; length += 3) {
    expect(() => decodePng(bytes.subarray(0, length))).toThrow(/is cut short|is not a PNG file/);
  }
  const changed = Uint8Array.from(bytes);
  changed[bytes.length - 16] ^= 1;
  expect(() => decodePng(changed)).toThrow("is damaged (a checksum does not match)");
});

test("labels that do not fill the picture, or have no colour, are rejected", () => {
  expect(() => encodeIndexedPng(new Uint8Array(5), 2, 3)).toThrow(
    "encodeIndexedPng: labels must hold width x height values; got 5 for 2x3.",
  );
  expect(() => encodeIndexedPng(Uint8Array.of(2), 1, 1, new Uint8Array(6))).toThrow(
    "encodeIndexedPng: palette must hold an RGB triple for each label up to 2, at most 256; got 6 bytes.",
  );
});
