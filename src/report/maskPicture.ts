/** Masks drawn over pictures, in the colours of VOC. */

import { type LabelMap, resampleMask } from "../data/mask.ts";
import { vocPalette } from "../data/vocPalette.ts";
import { formatShape, ShapeError } from "../shape.ts";
import { fade } from "./fade.ts";
import { checkImage, type RgbImage } from "./image.ts";

/** How much of an object's colour shows over the faded picture. */
const opacity = 0.7;

/**
 * A picture with the objects of its mask in their colours; the background is faded.
 *
 * @param mask  Of any size; the nearest label is taken.
 * @returns     A new picture of the same size as `picture`.
 * @throws {ShapeError} When the picture or the mask does not have the numbers of its size.
 */
export function maskPicture(picture: RgbImage, mask: LabelMap): RgbImage {
  checkImage("maskPicture", picture);
  if (mask.labels.length !== mask.width * mask.height || mask.labels.length === 0) {
    throw new ShapeError(
      `maskPicture: mask must have height · width labels and at least one; got ` +
        `${mask.labels.length} for ${formatShape([mask.height, mask.width])}.`,
    );
  }
  const { width, height } = picture;
  const { labels } = resampleMask(mask, width, height);
  const palette = vocPalette();
  const pixels = fade(picture);
  for (const [i, label] of labels.entries()) {
    if (label === 0) continue;
    for (let channel = 0; channel < 3; channel++) {
      const p = 3 * i + channel;
      pixels[p] = Math.round(
        picture.pixels[p] * (1 - opacity) + palette[3 * label + channel] * opacity,
      );
    }
  }
  return { width, height, pixels };
}
