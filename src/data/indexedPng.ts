/** Writing label maps as indexed PNGs with an exact palette, which sharp would choose by itself. */

import { writeFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import { writePngChunks } from "./pngChunks.ts";
import { DataError } from "./types.ts";
import { vocPalette } from "./vocPalette.ts";

/**
 * An 8-bit indexed PNG.
 *
 * @param labels   Palette indices, [height, width].
 * @param palette  RGB triples, at most 256; VOC's by default.
 * @throws {DataError} When there are not width x height labels, or a label has no colour.
 */
export function encodeIndexedPng(
  labels: Uint8Array,
  width: number,
  height: number,
  palette: Uint8Array = vocPalette(),
): Uint8Array {
  if (width < 1 || height < 1 || labels.length !== width * height) {
    throw new DataError(
      `encodeIndexedPng: labels must hold width x height values; got ${labels.length} for ${width}x${height}.`,
    );
  }
  const colors = palette.length / 3;
  const highest = labels.reduce((a, b) => Math.max(a, b), 0);
  if (!Number.isInteger(colors) || colors > 256 || highest >= colors) {
    throw new DataError(
      `encodeIndexedPng: palette must hold an RGB triple for each label up to ${highest}, at most 256; ` +
        `got ${palette.length} bytes.`,
    );
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 3, 0, 0, 0], 8);
  // Filter 0 in front of every row: label maps compress best unfiltered.
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) {
    rows.set(labels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return writePngChunks([
    { type: "IHDR", data: header },
    { type: "PLTE", data: palette },
    { type: "IDAT", data: deflateSync(rows, { level: 9 }) },
    { type: "IEND", data: new Uint8Array(0) },
  ]);
}

/** `encodeIndexedPng` into a file. */
export async function writeIndexedPng(
  path: string,
  labels: Uint8Array,
  width: number,
  height: number,
  palette: Uint8Array = vocPalette(),
): Promise<void> {
  await writeFile(path, encodeIndexedPng(labels, width, height, palette));
}
