/** Storing a picture anew: upright, 8 bits, sRGB, without transparent parts. */

import sharp, { type Sharp } from "sharp";
import type { FindingKind } from "./finding.ts";
import { hashedSide } from "./perceptualHash.ts";

/** What the new file is made for, in the order of the pipeline. */
const changes: Readonly<Partial<Record<FindingKind, string>>> = {
  "exif-rotation": "stored upright",
  "picture-alpha": "put on white",
  "picture-16-bit": "stored with 8 bits",
  "picture-cmyk": "converted to sRGB",
};

/** The kinds of finding that `rewritePicture` mends. */
export const pictureFixes: ReadonlySet<FindingKind> = new Set(
  Object.keys(changes) as FindingKind[],
);

/** What `rewritePicture` does about these kinds: "stored upright, converted to sRGB". */
export const pictureChange = (kinds: readonly FindingKind[]): string =>
  kinds.flatMap((kind) => changes[kind] ?? []).join(", ");

/** Levels of 0 to 255 by which JPEG or WebP at quality 95 may move the pixels of a small picture. */
const mostDifference = 3;

/**
 * The file's new content in its own format: PNG and TIFF without loss, JPEG and WebP at quality 95.
 *
 * @throws {Error} When the result would not show what the file shows; the message is a clause.
 */
export async function rewritePicture(path: string): Promise<Buffer> {
  const { format } = await sharp(path).metadata();
  const upright = sharp(path, { failOn: "error", pages: 1 })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb");
  const bytes = await encoders[format](upright).toBuffer();
  const [before, after] = [await small(path), await small(bytes)];
  const sum = before.reduce((total, value, i) => total + Math.abs(value - after[i]), 0);
  if (sum > mostDifference * before.length) throw new Error("would look different");
  return bytes;
}

/** The picture as networks see it, RGB, [32, 32, 3]. */
function small(picture: string | Buffer): Promise<Buffer> {
  return sharp(picture, { pages: 1 })
    .autoOrient()
    .resize(hashedSide, hashedSide, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer();
}

const encoders: Readonly<Record<string, (picture: Sharp) => Sharp>> = {
  jpeg: (picture) => picture.keepExif().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
  png: (picture) => picture.png(),
  webp: (picture) => picture.webp({ quality: 95 }),
  tiff: (picture) => picture.tiff({ compression: "lzw" }),
};
