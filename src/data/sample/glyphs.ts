/** Icons as pixels: each is drawn once, and halved into smaller levels. */
import sharp from "sharp";
import type { IconName } from "./catalog.ts";
import type { Icon } from "./iconSets.ts";

/** One level of a glyph: [height, width, 4], premultiplied RGBA, cropped to what is visible. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Levels from the largest to the smallest, each half of the one before. */
export type Glyph = readonly Raster[];

export type GlyphCache = ReadonlyMap<IconName, Glyph>;

/** Below this a level is no longer of use: the smallest distractor is about 10 pixels. */
const smallestLevel = 12;

/**
 * Draws icons.
 *
 * @param side  Longest side of the largest object, in pixels: what the first level suffices for.
 */
export async function drawGlyphs(
  icons: ReadonlyMap<IconName, Icon>,
  side: number,
): Promise<GlyphCache> {
  const cache = new Map<IconName, Glyph>();
  for (const [name, icon] of icons) {
    const levels = [crop(await rasterize(icon, side))];
    for (let last = levels[0]; Math.max(last.width, last.height) >= 2 * smallestLevel; ) {
      last = halve(last);
      levels.push(last);
    }
    cache.set(name, levels);
  }
  return cache;
}

/** The smallest level that need not be enlarged to `side` pixels, or the largest there is. */
export function levelFor(glyph: Glyph, side: number): Raster {
  const fine = glyph.filter((raster) => Math.max(raster.width, raster.height) >= side);
  return fine.at(-1) ?? glyph[0];
}

async function rasterize(icon: Icon, side: number): Promise<Raster> {
  // A margin in the icon's own square costs resolution; a quarter makes up for it.
  const target = Math.ceil(1.25 * side);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
    `viewBox="${icon.left} ${icon.top} ${icon.width} ${icon.height}" ` +
    `width="${target}" height="${target}">${icon.body}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data);
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3] / 255;
    for (let c = 0; c < 3; c++) pixels[i + c] = Math.round(pixels[i + c] * alpha);
  }
  return { width: info.width, height: info.height, pixels };
}

/** Cuts away transparent margins, so that a glyph's size is that of the thing it shows. */
function crop({ width, height, pixels }: Raster): Raster {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (pixels[4 * (y * width + x) + 3] < 26) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  const cropped = new Uint8Array(4 * (right - left) * (bottom - top));
  for (let y = top; y < bottom; y++) {
    const row = pixels.subarray(4 * (y * width + left), 4 * (y * width + right));
    cropped.set(row, 4 * (y - top) * (right - left));
  }
  return { width: right - left, height: bottom - top, pixels: cropped };
}

/** Means of 2x2 pixels; an odd last row or column is averaged with emptiness. */
function halve({ width, height, pixels }: Raster): Raster {
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1 };
  const result = new Uint8Array(4 * half.width * half.height);
  for (let y = 0; y < half.height; y++) {
    for (let x = 0; x < half.width; x++) {
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (let dy = 0; dy < 2; dy++) {
          for (let dx = 0; dx < 2; dx++) {
            const [u, v] = [2 * x + dx, 2 * y + dy];
            if (u < width && v < height) sum += pixels[4 * (v * width + u) + c];
          }
        }
        result[4 * (y * half.width + x) + c] = (sum + 2) >> 2;
      }
    }
  }
  return { ...half, pixels: result };
}
