/** Attention drawn over a picture. */

import { resizeBilinear } from "../resizeBilinear.ts";
import { type Colormap, colormapTable } from "./colormap.ts";
import { fade } from "./fade.ts";
import { type AttentionMap, checkImage, type RgbImage, toSharp } from "./image.ts";

/** How much of the colour shows where the attention is highest; the picture stays recognisable. */
const opacity = 0.8;

/**
 * A picture with its attention over it: faded where the map is 0, bright colour where it is 1.
 *
 *   pixel = (1 − 0.8 a) · faded + 0.8 a · colour(a)
 *
 * @param picture    Of any size; the map is resized to it bilinearly.
 * @param attention  Values in [0, 1]; others, NaN among them, are clamped (NaN to 0).
 * @returns          A new picture of the same size.
 * @throws {ShapeError} When the picture or the map does not have the numbers of its size.
 */
export function overlay(
  picture: RgbImage,
  attention: AttentionMap,
  colormap: Colormap = "inferno",
): RgbImage {
  checkImage("overlay", picture);
  const { width, height } = picture;
  const map = resizeBilinear(attention.map, attention.height, attention.width, height, width);
  const colors = colormapTable(colormap);
  const pixels = fade(picture);
  for (let i = 0; i < map.length; i++) {
    const value = map[i] > 0 ? Math.min(map[i], 1) : 0;
    const color = 3 * Math.round(value * 255);
    const alpha = opacity * value;
    for (let channel = 0; channel < 3; channel++) {
      const p = 3 * i + channel;
      pixels[p] = Math.round(pixels[p] * (1 - alpha) + colors[color + channel] * alpha);
    }
  }
  return { width, height, pixels };
}

/** Writes the overlay as an image file; the ending of `path` (.png, .jpg, .webp) is its format. */
export async function writeOverlay(
  path: string,
  picture: RgbImage,
  attention: AttentionMap,
  colormap: Colormap = "inferno",
): Promise<void> {
  await toSharp(overlay(picture, attention, colormap)).toFile(path);
}
