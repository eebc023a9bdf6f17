/** The connected pixels of each class of a label map. */

import type { BitmapPart } from "../regions/bitmapPart.ts";
import { ignoreLabel, type LabelMap } from "../types.ts";

/**
 * Pixels of one label that touch, by a side or a corner, in the order of their first pixels;
 * background and void are no objects.
 */
export function connectedObjects({
  width,
  height,
  labels,
}: LabelMap): { readonly label: number; readonly part: BitmapPart }[] {
  const isSeen = new Uint8Array(labels.length);
  const objects: { label: number; part: BitmapPart }[] = [];
  for (let first = 0; first < labels.length; first++) {
    const label = labels[first];
    if (label === 0 || label === ignoreLabel || isSeen[first]) continue;
    const pixels = flood({ width, height, labels }, first, isSeen);
    objects.push({ label, part: partOfPixels(pixels, width) });
  }
  return objects;
}

function flood({ width, height, labels }: LabelMap, first: number, isSeen: Uint8Array): number[] {
  const pixels = [first];
  isSeen[first] = 1;
  // The list grows as it is walked.
  for (let at = 0; at < pixels.length; at++) {
    const [x, y] = [pixels[at] % width, Math.floor(pixels[at] / width)];
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const neighbor = v * width + u;
        if (isSeen[neighbor] || labels[neighbor] !== labels[first]) continue;
        isSeen[neighbor] = 1;
        pixels.push(neighbor);
      }
    }
  }
  return pixels;
}

function partOfPixels(pixels: readonly number[], width: number): BitmapPart {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  const bits = new Uint8Array((right - left) * (bottom - top));
  for (const pixel of pixels) {
    bits[(Math.floor(pixel / width) - top) * (right - left) + (pixel % width) - left] = 1;
  }
  return { left, top, width: right - left, height: bottom - top, bits };
}
