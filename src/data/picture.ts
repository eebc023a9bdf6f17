/** Decoding photographs to RGB bytes at the size that a network wants. */

import sharp from "sharp";
import { exists } from "../exists.ts";
import { messageOf } from "../messageOf.ts";
import { type Crop, cropWindow } from "./augmentation.ts";
import { enlarge } from "./enlarge.ts";
import { ProblemError } from "./problem.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB, [height, width, 3]. */
  readonly pixels: Uint8Array;
  /** Size of the file's picture, upright, before crop and stretch. */
  readonly original: { readonly width: number; readonly height: number };
}

/**
 * Decodes a picture, upright as its EXIF tag says, stretched to width x height.
 *
 * Bilinear with a triangle as wide as the reduction (as PIL's BILINEAR). Grey, CMYK and 16-bit
 * pictures become 8-bit sRGB; transparent parts become white.
 *
 * @param crop  The part to stretch, all of the picture by default.
 * @throws {DataError} When the file is missing, is no picture, or is cut short or damaged.
 */
export async function decodePicture(
  path: string,
  width: number,
  height: number,
  crop?: Crop,
): Promise<Picture> {
  try {
    const original = await readSize(path);
    const window = cropWindow(crop, original.width, original.height);
    const reducedWidth = Math.min(width, window.width);
    const reducedHeight = Math.min(height, window.height);
    const { data, info } = await sharp(path, readOptions)
      .autoOrient()
      .extract(window)
      .resize(reducedWidth, reducedHeight, {
        fit: "fill",
        kernel: "linear",
        fastShrinkOnLoad: false,
      })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`internal: ${info.channels} channels`);
    const pixels = enlarge(data, reducedWidth, reducedHeight, width, height);
    return { width, height, pixels, original };
  } catch (error) {
    throw await pictureError(path, error);
  }
}

/**
 * Width and height of a picture, upright; reads the header only.
 *
 * @throws {DataError} When the file is missing or is no picture.
 */
export async function pictureSize(path: string): Promise<{ width: number; height: number }> {
  try {
    return await readSize(path);
  } catch (error) {
    throw await pictureError(path, error);
  }
}

/** A size with the same shape, no side longer than `longest`, and at least one pixel. */
export function sizeWithin(
  { width, height }: { readonly width: number; readonly height: number },
  longest: number,
): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/** Endings of the files that are taken for pictures, lower case. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  ".jpg",
  ".jpeg",
  ".png",
  ".webp",
  ".avif",
  ".gif",
  ".tif",
  ".tiff",
]);

/** Harmless warnings (stray bytes between JPEG markers) do not make a picture unreadable. */
const readOptions = { failOn: "error", pages: 1 } as const;

/** More than any camera's; a damaged header may claim millions, which takes long to find wrong. */
const longestSide = 100_000;
/** The limit of sharp: 16,383 squared. */
const mostPixels = 268_402_689;

async function readSize(path: string): Promise<{ width: number; height: number }> {
  const { width, height } = (await sharp(path, readOptions).metadata()).autoOrient;
  if (Math.max(width, height) > longestSide || width * height > mostPixels) {
    throw new Error(
      `it has ${width}x${height} pixels, more than ${longestSide} in a row or ${mostPixels} in all`,
    );
  }
  return { width, height };
}

async function pictureError(path: string, error: unknown): Promise<ProblemError> {
  if (!(await exists(path))) {
    return new ProblemError(
      path,
      "there is no such picture, or it may not be read",
      "Put the file there, or take its name out of the data set",
    );
  }
  const [detail] = messageOf(error).split("\n");
  return new ProblemError(
    path,
    `the picture cannot be decoded (${detail.replace(/\.$/, "")})`,
    "Replace the file, or take it out of the data set",
  );
}
