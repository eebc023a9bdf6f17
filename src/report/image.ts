/** Pictures in memory, and their way to files and data URIs. */

import sharp, { type Sharp } from "sharp";
import { formatShape, ShapeError } from "../shape.ts";

/** A picture; what `decodePicture` of src/data gives is one. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue bytes, [height, width, 3]. */
  readonly pixels: Uint8Array | Uint8ClampedArray;
}

/** An attention map divided by its maximum, [height, width], at any resolution. */
export interface AttentionMap {
  readonly width: number;
  readonly height: number;
  readonly map: Float32Array;
}

/** @throws {ShapeError} When the image does not have `height · width · 3` bytes. */
export function checkImage(op: string, image: RgbImage): void {
  if (image.pixels.length !== image.width * image.height * 3 || image.pixels.length === 0) {
    throw new ShapeError(
      `${op}: picture must have height · width · 3 bytes and at least one pixel; got ` +
        `${image.pixels.length} for ${formatShape([image.height, image.width])}.`,
    );
  }
}

/** The picture as sharp takes it, to be encoded or resized. */
export function toSharp(image: RgbImage): Sharp {
  checkImage("toSharp", image);
  const { pixels, width, height } = image;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/**
 * A WebP as a `data:` address; for pictures that a reader looks at, not for masks.
 *
 * @param side  Longest side, pixels; smaller pictures keep their size.
 */
export async function pictureDataUri(image: RgbImage, side: number): Promise<string> {
  const bytes = await toSharp(image)
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .webp({ quality: 78 })
    .toBuffer();
  return `data:image/webp;base64,${bytes.toString("base64")}`;
}
