/** Figures of several seeds, as texts, tables and lines of a chart. */
import { inPercent } from "../../inPercent.ts";
import type { ChartSeries } from "../../report/chart.ts";

export interface Spread {
  /** One for each seed. */
  readonly values: readonly number[];
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Undefined without values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return {
    values,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

/** Fractions as percent: "64.0", or "64.0 (61.5 to 66.2)" of several seeds; "-" without any. */
export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "-";
  const { values, mean, low, high } = spread;
  return values.length === 1
    ? inPercent(mean)
    : `${inPercent(mean)} (${inPercent(low)} to ${inPercent(high)})`;
}

/** A line of a chart: fractions as percent, with their range where there are several seeds. */
export function spreadSeries(
  name: string,
  spreads: readonly (Spread | undefined)[],
  { isStrong = false }: { readonly isStrong?: boolean } = {},
): ChartSeries {
  const hasRange = spreads.some((spread) => spread !== undefined && spread.values.length > 1);
  return {
    name,
    values: spreads.map((spread) => (spread === undefined ? null : 100 * spread.mean)),
    ...(hasRange && {
      spans: spreads.map((spread) =>
        spread === undefined ? null : ([100 * spread.low, 100 * spread.high] as const),
      ),
    }),
    isStrong,
  };
}

/** What the horizontal axis of such a chart is called. */
export const guidanceAxis = (seeds: readonly number[]): string =>
  seeds.length > 1 ? `guidance (means of ${seeds.length} seeds, and their range)` : "guidance";

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
