/** PNG as it is stored: palette indices stay indices, which image libraries turn into colours. */

import { inflateSync } from "node:zlib";
import { readPngChunks } from "./pngChunks.ts";

export interface Png {
  readonly width: number;
  readonly height: number;
  readonly kind: "grey" | "rgb" | "indexed" | "greyAlpha" | "rgba";
  readonly channels: number;
  /** Bits per sample: 1, 2, 4, 8 or 16. */
  readonly bitDepth: number;
  /** [height, width, channels], unscaled: palette indices, or values below 2^bitDepth. */
  readonly samples: Uint8Array | Uint16Array;
  /** RGB triples, where the file has a palette. */
  readonly palette?: Uint8Array;
}

/**
 * @throws {Error} When this is no PNG, or it is cut short or damaged; the message is a clause
 *                 without subject ("is cut short").
 */
export function decodePng(bytes: Uint8Array): Png {
  const chunks = readPngChunks(bytes);
  const header = chunks[0];
  if (header.type !== "IHDR" || header.data.length !== 13) throw new Error("has no PNG header");
  const view = new DataView(header.data.buffer, header.data.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [bitDepth, colorType, , , interlace] = header.data.subarray(8);
  const color = colorTypes[colorType];
  if (color === undefined || ![1, 2, 4, 8, 16].includes(bitDepth) || interlace > 1) {
    throw new Error("has a PNG header with values outside the standard");
  }
  if (width * height === 0 || width * height > maxPixels) {
    throw new Error(`is ${width}x${height} pixels, which is none or too many`);
  }
  const { kind, channels } = color;
  const passes = (interlace === 1 ? adam7 : sequential)
    .map(([x, y, dx, dy]) => {
      const columns = Math.ceil((width - x) / dx);
      const rows = Math.ceil((height - y) / dy);
      return {
        x,
        y,
        dx,
        dy,
        columns,
        rows,
        rowBytes: Math.ceil((columns * channels * bitDepth) / 8),
      };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const length = passes.reduce((sum, { rows, rowBytes }) => sum + rows * (1 + rowBytes), 0);
  const data = inflate(
    chunks.filter(({ type }) => type === "IDAT").map((chunk) => chunk.data),
    length,
  );

  const count = width * height * channels;
  const samples = bitDepth === 16 ? new Uint16Array(count) : new Uint8Array(count);
  const pixelBytes = Math.max(1, (channels * bitDepth) >> 3);
  let start = 0;
  for (const { x, y, dx, dy, columns, rows, rowBytes } of passes) {
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let r = 0; r < rows; r++) {
      const row = data.subarray(start + 1, start + 1 + rowBytes);
      unfilter(data[start], row, above, pixelBytes);
      for (let i = 0; i < columns * channels; i++) {
        const column = x + Math.floor(i / channels) * dx;
        samples[((y + r * dy) * width + column) * channels + (i % channels)] = sampleAt(
          row,
          i,
          bitDepth,
        );
      }
      above = row;
      start += 1 + rowBytes;
    }
  }
  const palette = chunks.find(({ type }) => type === "PLTE")?.data;
  return { width, height, kind, channels, bitDepth, samples, ...(palette && { palette }) };
}

const colorTypes: Readonly<Record<number, { kind: Png["kind"]; channels: number }>> = {
  0: { kind: "grey", channels: 1 },
  2: { kind: "rgb", channels: 3 },
  3: { kind: "indexed", channels: 1 },
  4: { kind: "greyAlpha", channels: 2 },
  6: { kind: "rgba", channels: 4 },
};

/** First column and row of a pass, and the steps between its columns and rows. */
const sequential = [[0, 0, 1, 1]] as const;
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The limit of sharp too: 16,383 squared. */
const maxPixels = 268_402_689;

function inflate(parts: readonly Uint8Array[], length: number): Uint8Array {
  let data: Uint8Array;
  try {
    data = inflateSync(Buffer.concat(parts), { maxOutputLength: length });
  } catch {
    throw new Error("is damaged (its pixels do not unpack)");
  }
  if (data.length < length) throw new Error("is cut short");
  return data;
}

/** Undoes a row's filter in place (PNG, third edition, clause 9). `above` is zero for the first row. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, pixelBytes: number): void {
  if (filter > 4) throw new Error("is damaged (a row has an unknown filter)");
  if (filter === 0) return;
  for (let i = 0; i < row.length; i++) {
    const left = i < pixelBytes ? 0 : row[i - pixelBytes];
    const up = above[i];
    if (filter === 1) row[i] += left;
    else if (filter === 2) row[i] += up;
    else if (filter === 3) row[i] += (left + up) >> 1;
    else row[i] += paeth(left, up, i < pixelBytes ? 0 : above[i - pixelBytes]);
  }
}

/** Of the three neighbours the one nearest to left + up - upLeft, ties in this order. */
function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function sampleAt(row: Uint8Array, index: number, bitDepth: number): number {
  if (bitDepth === 8) return row[index];
  if (bitDepth === 16) return (row[2 * index] << 8) | row[2 * index + 1];
  const bit = index * bitDepth;
  return (row[bit >> 3] >> (8 - bitDepth - (bit & 7))) & ((1 << bitDepth) - 1);
}
