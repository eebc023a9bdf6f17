/** Cues drawn over pictures, in the colours of VOC. */

import { type LabelMap, resampleMask } from "../data/mask.ts";
import { vocPalette } from "../data/vocPalette.ts";
import { noCue } from "../sec/cueGrid.ts";
import { formatShape, ShapeError } from "../shape.ts";
import { fade } from "./fade.ts";
import { checkImage, type RgbImage, toSharp } from "./image.ts";

/** How much of a cue's colour shows over the picture. */
const opacity = 0.7;

/**
 * A picture with its cues in their colours, background black; cells without a cue are faded.
 *
 * @param cues  Labels of the cells, 255 for no cue; cells are stretched over the picture.
 * @returns     A new picture of the same size as `picture`.
 * @throws {ShapeError} When the picture or the cues do not have the numbers of their size.
 */
export function cuePicture(picture: RgbImage, cues: LabelMap): RgbImage {
  checkImage("cuePicture", picture);
  if (cues.labels.length !== cues.width * cues.height || cues.labels.length === 0) {
    throw new ShapeError(
      `cuePicture: cues must have height · width labels and at least one; got ` +
        `${cues.labels.length} for ${formatShape([cues.height, cues.width])}.`,
    );
  }
  const { width, height } = picture;
  const { labels } = resampleMask(cues, width, height);
  const palette = vocPalette();
  const pixels = fade(picture);
  for (const [i, label] of labels.entries()) {
    if (label === noCue) continue;
    for (let channel = 0; channel < 3; channel++) {
      const p = 3 * i + channel;
      pixels[p] = Math.round(
        picture.pixels[p] * (1 - opacity) + palette[3 * label + channel] * opacity,
      );
    }
  }
  return { width, height, pixels };
}

/** Writes the picture of the cues; the ending of `path` (.png, .jpg, .webp) is its format. */
export async function writeCuePicture(
  path: string,
  picture: RgbImage,
  cues: LabelMap,
): Promise<void> {
  await toSharp(cuePicture(picture, cues)).toFile(path);
}
