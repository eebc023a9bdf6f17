/** Pictures in rows and columns with titles, as one PNG. */

import sharp, { type OverlayOptions } from "sharp";
import { ShapeError } from "../shape.ts";
import { escapeHtml } from "./html.ts";
import { type RgbImage, toSharp } from "./image.ts";

export interface ContactSheet {
  /** Above the columns. */
  readonly columns: readonly string[];
  /** As many pictures each as there are columns. */
  readonly rows: readonly { readonly title?: string; readonly pictures: readonly RgbImage[] }[];
}

/**
 * Writes the sheet as a PNG on white; each picture is stretched to a square.
 *
 * @param cell  Side of a picture on the sheet, pixels.
 * @throws {ShapeError} When there is no row, or a row has another number of pictures than columns.
 */
export async function writeContactSheet(
  path: string,
  { columns, rows }: ContactSheet,
  { cell = 160 }: { readonly cell?: number } = {},
): Promise<void> {
  for (const { pictures } of rows) {
    if (pictures.length !== columns.length) {
      throw new ShapeError(
        `writeContactSheet: each row must have a picture for each of the ${columns.length} ` +
          `columns; got ${pictures.length}.`,
      );
    }
  }
  if (rows.length === 0 || columns.length === 0) {
    throw new ShapeError("writeContactSheet: rows and columns must not be empty.");
  }
  const gap = Math.round(cell / 16);
  const text = Math.max(11, Math.round(cell / 11));
  const rowTitle = rows.some(({ title }) => title) ? 2 * text : 0;
  const left = (c: number) => gap + c * (cell + gap);
  const top = (r: number) => 2 * text + rowTitle + r * (cell + gap + rowTitle);
  const width = left(columns.length);
  const height = top(rows.length) - rowTitle;

  const layers: OverlayOptions[] = [];
  for (const [r, { pictures }] of rows.entries()) {
    for (const [c, picture] of pictures.entries()) {
      const input = await toSharp(picture).resize(cell, cell, { fit: "fill" }).png().toBuffer();
      layers.push({ input, left: left(c), top: top(r) });
    }
  }
  const heads = columns.map(
    (title, c) =>
      `<text x="${left(c) + cell / 2}" y="${1.4 * text}" text-anchor="middle" ` +
      `font-weight="600">${escapeHtml(title)}</text>`,
  );
  const titles = rows.map(
    ({ title = "" }, r) =>
      `<text x="${gap}" y="${top(r) - 0.6 * text}" fill="#555">${escapeHtml(title)}</text>`,
  );
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="${text}" fill="#1a1a1a">` +
    `${heads.join("")}${titles.join("")}</svg>`;
  layers.push({ input: Buffer.from(svg), left: 0, top: 0 });
  await sharp({ create: { width, height, channels: 3, background: "#ffffff" } })
    .composite(layers)
    .png({ palette: true, quality: 92 })
    .toFile(path);
}
