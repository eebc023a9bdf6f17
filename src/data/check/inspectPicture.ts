/** All that checking wants to know of a picture, from one decoding. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import sharp, { type Metadata } from "sharp";
import { decodePicture } from "../picture.ts";
import { contrast, halved, hashedSide, perceptualHash } from "./perceptualHash.ts";

export interface Inspection {
  readonly path: string;
  /** Width and height of the picture as it is stored, before EXIF turns it. */
  readonly stored: { readonly width: number; readonly height: number };
  /** Width and height of the upright picture. */
  readonly upright: { readonly width: number; readonly height: number };
  /** Of EXIF, 1 to 8; 1 is upright. */
  readonly orientation: number;
  /** "jpeg", "png", ...; "heif" also for AVIF. */
  readonly format: string;
  readonly isCmyk: boolean;
  readonly hasManyBits: boolean;
  /** Whether some part is transparent. */
  readonly isTransparent: boolean;
  /** Frames or pages. */
  readonly frames: number;
  /** Of the file's bytes, SHA-256. */
  readonly digest: string;
  /** Of `perceptualHash`. */
  readonly hash: readonly [number, number];
  /** RGB, [16, 16, 3]. */
  readonly thumbnail: Uint8Array;
  /** Whether it has too little contrast for its hash to say anything. */
  readonly isFlat: boolean;
  readonly isGrey: boolean;
}

/**
 * Decodes a picture to its end.
 *
 * @throws {DataError} As `decodePicture`.
 */
export async function inspectPicture(path: string): Promise<Inspection> {
  const { pixels, original } = await decodePicture(path, hashedSide, hashedSide);
  const bytes = await readFile(path);
  const metadata = await sharp(bytes).metadata();
  const thumbnail = halved(pixels);
  return {
    path,
    stored: { width: metadata.width, height: metadata.pageHeight ?? metadata.height },
    upright: { width: original.width, height: original.height },
    orientation: metadata.orientation ?? 1,
    format: metadata.format,
    isCmyk: metadata.space === "cmyk",
    hasManyBits: !["uchar", "char"].includes(metadata.depth),
    isTransparent: await isTransparent(bytes, metadata),
    frames: metadata.pages ?? 1,
    digest: createHash("sha256").update(bytes).digest("hex"),
    hash: perceptualHash(pixels),
    thumbnail,
    isFlat: contrast(thumbnail) < flatContrast,
    isGrey: isGrey(thumbnail),
  };
}

/** SHA-256 of a picture's upright RGB pixels. */
export async function pixelDigest(path: string): Promise<string> {
  const { data, info } = await sharp(path, { pages: 1 })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return createHash("sha256").update(`${info.width}x${info.height} `).update(data).digest("hex");
}

/** Levels of 0 to 255: below this, noise and compression decide the signs of the frequencies. */
const flatContrast = 4;

async function isTransparent(bytes: Buffer, { hasAlpha }: Metadata): Promise<boolean> {
  return hasAlpha && !(await sharp(bytes).stats()).isOpaque;
}

/** JPEG's rounding moves the channels of grey pictures by a level or two. */
function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = pixels.subarray(i, i + 3);
    if (Math.max(r, g, b) - Math.min(r, g, b) > 3) return false;
  }
  return true;
}
