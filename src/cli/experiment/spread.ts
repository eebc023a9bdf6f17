/** Figures of several seeds. */

export interface Spread {
  /** One for each seed. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** @param values  At least one. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("spreadOf: values must not be empty.");
  return {
    values,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

/** Fractions as percent: "64.0", or "64.0 (61.5 to 66.2)" of several seeds. */
export function spreadText({ values, mean, low, high }: Spread): string {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return values.length === 1
    ? percent(mean)
    : `${percent(mean)} (${percent(low)} to ${percent(high)})`;
}

/** A table of texts for a terminal: the first column to the left, the others to the right. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** The same as Markdown, for a document. */
export function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}
