/** Masks: reading label maps from PNGs or regions, drawing them from boxes, resampling them. */

import { readFile } from "node:fs/promises";
import { messageOf } from "../messageOf.ts";
import type { PixelWindow } from "./augmentation.ts";
import { pixelBoxes } from "./boxes.ts";
import { decodePng, type Png } from "./decodePng.ts";
import { drawRegions } from "./drawRegions.ts";
import { ProblemError } from "./problem.ts";
import { type Box, ignoreLabel, type LabelMap, type MaskSource } from "./types.ts";
import { vocPalette } from "./vocPalette.ts";

export type { LabelMap, MaskSource } from "./types.ts";

/** What `Dataset.maskLabels` holds for pixel values that stand for nothing. */
export const illegalLabel = 254;

/**
 * Reads a mask, or draws it from its regions. Indexed and grey PNGs are read as numbers; the colours
 * of an RGB PNG are looked up in VOC's palette; alpha is ignored.
 *
 * @param maskLabels  Label of each pixel value, 256 entries (`Dataset.maskLabels`).
 * @throws {DataError} When the file is missing, is no whole PNG, or a pixel stands for no class; of
 *   regions, when `drawRegions` does.
 */
export async function decodeMask(source: MaskSource, maskLabels: Uint8Array): Promise<LabelMap> {
  return typeof source === "string"
    ? decodeMaskPng(source, maskLabels)
    : drawRegions(source, maskLabels);
}

/** The file that a mask comes from, for messages. */
export function maskFile(source: MaskSource): string {
  return typeof source === "string" ? source : source.file;
}

async function decodeMaskPng(path: string, maskLabels: Uint8Array): Promise<LabelMap> {
  const png = await readPng(path);
  const labels = new Uint8Array(png.width * png.height);
  for (let i = 0; i < labels.length; i++) {
    const value = valueAt(path, png, i);
    const label = value > 255 ? illegalLabel : maskLabels[value];
    if (label === illegalLabel) {
      throw new ProblemError(
        path,
        `the mask's pixel ${place(png, i)} has the value ${value}, which stands for no class`,
        `Use ${legalValues(maskLabels)}`,
      );
    }
    labels[i] = label;
  }
  return { width: png.width, height: png.height, labels };
}

/** Boxes as a mask of this size: outside is background, smaller boxes lie on top. */
export function drawBoxes(boxes: readonly Box[], width: number, height: number): LabelMap {
  const labels = new Uint8Array(width * height);
  const area = (box: Box): number => (box.right - box.left) * (box.bottom - box.top);
  for (const box of pixelBoxes(boxes, { width, height }).sort((a, b) => area(b) - area(a))) {
    const [left, right] = [box.left, box.right].map((x) => clamp(Math.round(x), width));
    const [top, bottom] = [box.top, box.bottom].map((y) => clamp(Math.round(y), height));
    for (let y = top; y < bottom; y++) {
      labels.fill(box.classIndex + 1, y * width + left, y * width + right);
    }
  }
  return { width, height, labels };
}

/**
 * A window of a mask at width x height, each pixel that of its centre (as PIL's NEAREST):
 * column i comes from floor((i + 1/2) windowWidth / width).
 */
export function resampleMask(
  mask: LabelMap,
  width: number,
  height: number,
  window: PixelWindow = { left: 0, top: 0, width: mask.width, height: mask.height },
): LabelMap {
  const columns = nearest(width, window.left, window.width);
  const rows = nearest(height, window.top, window.height);
  const labels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      labels[y * width + x] = mask.labels[rows[y] * mask.width + columns[x]];
    }
  }
  return { width, height, labels };
}

/** @throws {DataError} When the mask is not as large as its picture. */
export function requireMaskSize(
  source: MaskSource,
  mask: { readonly width: number; readonly height: number },
  picture: { readonly width: number; readonly height: number },
): void {
  if (mask.width === picture.width && mask.height === picture.height) return;
  throw new ProblemError(
    maskFile(source),
    `the mask is ${mask.width}x${mask.height} pixels, its picture ${picture.width}x${picture.height}`,
    "Make the mask as large as the picture",
  );
}

async function readPng(path: string): Promise<Png> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch {
    throw new ProblemError(
      path,
      "there is no such mask, or it may not be read",
      "Put the file there, or take its name out of the data set",
    );
  }
  try {
    return decodePng(bytes);
  } catch (error) {
    const clause = messageOf(error);
    throw new ProblemError(path, `the mask ${clause}`, "Save it again as an indexed or grey PNG");
  }
}

/** A pixel's number; for colours the index of VOC's palette. */
function valueAt(path: string, png: Png, pixel: number): number {
  const { samples, channels } = png;
  if (channels < 3) return samples[pixel * channels];
  const shift = png.bitDepth - 8;
  const [r, g, b] = samples.subarray(pixel * channels, pixel * channels + 3);
  const value = paletteIndex.get(((r >> shift) << 16) | ((g >> shift) << 8) | (b >> shift));
  if (value === undefined) {
    throw new ProblemError(
      path,
      `the mask's pixel ${place(png, pixel)} has the colour (${r}, ${g}, ${b}), which VOC's palette does not hold`,
      "Save the mask as an indexed or grey PNG whose values are the labels",
    );
  }
  return value;
}

export const paletteIndex: ReadonlyMap<number, number> = new Map(
  Array.from({ length: 256 }, (_, label) => {
    const [r, g, b] = vocPalette().subarray(3 * label, 3 * label + 3);
    return [(r << 16) | (g << 8) | b, label] as const;
  }),
);

function place(png: Png, pixel: number): string {
  return `(${pixel % png.width}, ${Math.floor(pixel / png.width)})`;
}

/** What a mask may hold, in words: "0 for background, 1 to 20 for the classes and 255 for void". */
export function legalValues(maskLabels: Uint8Array): string {
  const legal = [...maskLabels.keys()].filter((value) => maskLabels[value] !== illegalLabel);
  const classes = legal.filter((value) => value > 0 && value < ignoreLabel);
  const last = classes.at(-1) ?? 0;
  const range = classes.length === last ? `1 to ${last}` : classes.join(", ");
  return legal.includes(ignoreLabel)
    ? `0 for background, ${range} for the classes and ${ignoreLabel} for void`
    : `0 for background and ${range} for the classes`;
}

function nearest(count: number, start: number, length: number): Int32Array {
  return Int32Array.from(
    { length: count },
    (_, i) => start + Math.min(length - 1, Math.floor(((i + 0.5) * length) / count)),
  );
}

function clamp(value: number, high: number): number {
  return Math.min(Math.max(value, 0), high);
}
