/** A confusion matrix as a picture: what each class is taken for. */

import sharp from "sharp";
import { formatShape, ShapeError } from "../shape.ts";
import { escapeHtml } from "./html.ts";

export interface Confusion {
  /** Names of the rows and columns, background first; `SegmentationResult` has both fields. */
  readonly labels: readonly string[];
  /** Pixels by truth (rows) and prediction (columns). */
  readonly confusion: readonly (readonly number[])[];
}

/** From no pixel to all of them; the diagonal, which is right, and the rest, which is wrong. */
const colors = {
  right: [0x0b, 0x5c, 0xad],
  wrong: [0xb5, 0x3d, 0x0f],
} as const;

/** Letters of a name that are shown; longer ones end in "…". */
const longestName = 24;

/**
 * Writes the matrix as a PNG on white, each row divided by its sum: percent of a true class's
 * pixels by prediction. Shares below half a percent are left blank, and a class without pixels has
 * dashes.
 *
 * @throws {ShapeError} When the matrix does not have a row and a column for each label.
 */
export async function writeConfusionPicture(path: string, confusion: Confusion): Promise<void> {
  await sharp(Buffer.from(confusionSvg(confusion)))
    .flatten({ background: "#ffffff" })
    .png({ palette: true, dither: 0 })
    .toFile(path);
}

/** The picture as SVG. */
export function confusionSvg({ labels, confusion }: Confusion): string {
  const count = labels.length;
  const wrong = confusion.find((row) => row.length !== count);
  if (count === 0 || confusion.length !== count || wrong !== undefined) {
    const shape = formatShape([confusion.length, (wrong ?? confusion[0])?.length ?? 0]);
    throw new ShapeError(
      `writeConfusionPicture: confusion must be ${count} x ${count}, as there are ${count} labels; ` +
        `got ${shape}.`,
    );
  }
  const isLarge = count > 10;
  const cell = isLarge ? 40 : 72;
  const text = isLarge ? 14 : 17;
  const names = labels.map((name) =>
    name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name,
  );
  // A letter of these fonts is 0.6 of their size wide at most, on average.
  const nameWidth = Math.ceil(Math.max(...names.map(({ length }) => length)) * 0.6 * text);
  const gap = text;
  const left = 3 * text + nameWidth + gap;
  const top = 3 * text + nameWidth + gap;
  const width = left + count * cell + 2 * gap;
  const height = top + count * cell + 4 * text;
  const middle = (i: number): number => (i + 0.5) * cell;

  const cells = confusion.flatMap((row, r) => {
    const total = row.reduce((sum, pixels) => sum + pixels, 0);
    return row.map((pixels, c) => {
      const x = left + c * cell;
      const y = top + r * cell;
      const share = total === 0 ? 0 : pixels / total;
      const fill = shade(r === c ? colors.right : colors.wrong, share);
      const ink = share > 0.5 ? "#ffffff" : "#1b1f24";
      const label = total === 0 ? "–" : percentLabel(share, isLarge);
      return (
        `<rect x="${x + 1}" y="${y + 1}" width="${cell - 2}" height="${cell - 2}" rx="2" fill="${fill}"/>` +
        `<text x="${x + cell / 2}" y="${y + cell / 2 + 0.35 * text}" text-anchor="middle" fill="${ink}">${label}</text>`
      );
    });
  });
  const rowNames = names.map(
    (name, r) =>
      `<text x="${left - gap / 2}" y="${top + middle(r) + 0.35 * text}" text-anchor="end">${escapeHtml(name)}</text>`,
  );
  const columnNames = names.map((name, c) => {
    const x = left + middle(c) + 0.35 * text;
    const y = top - gap / 2;
    return `<text transform="translate(${x} ${y}) rotate(-90)">${escapeHtml(name)}</text>`;
  });
  const captionX = left + (count * cell) / 2;
  const captionY = top + (count * cell) / 2;
  const titles =
    `<text x="${captionX}" y="${1.5 * text}" text-anchor="middle" font-weight="600">predicted as</text>` +
    `<text transform="translate(${1.5 * text} ${captionY}) rotate(-90)" text-anchor="middle" font-weight="600">true class</text>` +
    `<text x="${width - gap}" y="${height - 1.25 * text}" text-anchor="end" fill="#59636e">` +
    `percent of the true class’s pixels</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="${text}" fill="#1b1f24">` +
    `${titles}${columnNames.join("")}${rowNames.join("")}${cells.join("")}</svg>`
  );
}

/** From a light grey to the colour; the square root lets a few percent be seen. */
function shade(color: readonly number[], share: number): string {
  const strength = Math.sqrt(share);
  const bytes = color.map((channel) => Math.round(0xf3 + (channel - 0xf3) * strength));
  return `rgb(${bytes.join(",")})`;
}

/** Whole percents where cells are small; nothing for what would round to zero. */
function percentLabel(share: number, isWhole: boolean): string {
  if (share < 0.005) return "";
  return (100 * share).toFixed(isWhole ? 0 : 1);
}
