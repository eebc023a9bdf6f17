import type { Sharp } from "sharp";
import sharp from "sharp";
import { expect, test } from "vitest";
import { texture } from "../../../test/texture.ts";
import {
  contrast,
  correlation,
  differingBits,
  halved,
  hashedSide,
  hashRadius,
  perceptualHash,
} from "./perceptualHash.ts";

const small = (picture: Sharp): Promise<Buffer> =>
  picture
    .resize(hashedSide, hashedSide, { fit: "fill", kernel: "linear" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer();

async function distance(a: Sharp, b: Sharp): Promise<number> {
  const [x, y] = [perceptualHash(await small(a)), perceptualHash(await small(b))];
  return differingBits(x[0], y[0]) + differingBits(x[1], y[1]);
}

test("half of the bits are set, and the brightness is not among them", async () => {
  const [low, high] = perceptualHash(await small(texture(1)));
  expect(differingBits(low, 0) + differingBits(high, 0)).toBe(32);
  expect(await distance(texture(1), texture(1).linear(1, 20))).toBeLessThanOrEqual(4);
});

test("a wave along one axis sets the bit of its frequency", () => {
  const pixels = new Uint8Array(hashedSide * hashedSide * 3);
  for (let i = 0; i < pixels.length; i++) {
    const x = Math.floor(i / 3) % hashedSide;
    pixels[i] = Math.round(128 + 100 * Math.cos((Math.PI / hashedSide) * (x + 0.5) * 3));
  }
  const [low] = perceptualHash(pixels);
  expect((low >>> 3) & 1).toBe(1);
  const inverted = perceptualHash(pixels.map((value) => 255 - value));
  expect((inverted[0] >>> 3) & 1).toBe(0);
});

test("copies that were compressed, scaled, cropped or changed in brightness are near; others are far", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const picture = (): Sharp => texture(seed, 300, 200);
    const bytes = async (made: Sharp): Promise<Sharp> => sharp(await made.png().toBuffer());
    const whole = await bytes(picture());
    const copies = {
      compressed: sharp(await picture().jpeg({ quality: 40 }).toBuffer()),
      scaled: await bytes(whole.clone().resize(120, 120, { fit: "fill" })),
      cropped: await bytes(whole.clone().extract({ left: 4, top: 3, width: 292, height: 194 })),
      darker: await bytes(whole.clone().linear(0.8, 0)),
    };
    for (const [name, copy] of Object.entries(copies)) {
      expect(await distance(whole.clone(), copy), `${name} ${seed}`).toBeLessThanOrEqual(
        hashRadius,
      );
    }
    const other = await distance(whole.clone(), texture(seed + 5));
    expect(other).toBeGreaterThan(hashRadius);
  }
});

test("differing bits are counted in all 32 places", () => {
  expect(differingBits(0, 0xffffffff)).toBe(32);
  for (let bit = 0; bit < 32; bit++) expect(differingBits(5, 5 ^ (1 << bit))).toBe(1);
});

test("halving takes the mean of four pixels of a channel", () => {
  const pixels = new Uint8Array(hashedSide * hashedSide * 3);
  for (const [i, value] of [10, 20, 30, 40].entries()) {
    pixels[3 * (hashedSide * (i >> 1) + (i & 1)) + 1] = value;
  }
  const half = halved(pixels);
  expect([...half.subarray(0, 3)]).toEqual([0, 25, 0]);
  expect(half.length).toBe(16 * 16 * 3);
});

test("correlation ignores brightness and contrast; a single value correlates with nothing", () => {
  const a = Uint8Array.of(0, 10, 40, 90);
  expect(
    correlation(
      a,
      a.map((v) => 2 * v + 30),
    ),
  ).toBeCloseTo(1, 12);
  expect(
    correlation(
      a,
      a.map((v) => 200 - v),
    ),
  ).toBeCloseTo(-1, 12);
  expect(correlation(a, new Uint8Array(4).fill(7))).toBe(0);
  expect(contrast(Uint8Array.of(2, 4, 4, 4, 5, 5, 7, 9))).toBeCloseTo(2, 12);
});
