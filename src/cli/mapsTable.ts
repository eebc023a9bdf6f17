/** The figures of attention maps by method and layer, for a terminal. */
import type { MapsResult } from "../evaluate/evaluateJson.ts";
import {
  bestAmong,
  type MapMeasure,
  mapMeasures,
  mapsBasis,
  viewName,
} from "../report/mapMeasures.ts";
import { percent } from "./format.ts";

type Column = Pick<MapMeasure, "label" | "better" | "of">;

const columns: readonly Column[] = [
  ...mapMeasures,
  { label: "blank", better: "lower", of: ({ blank }) => share(blank.blank, blank.maps) },
];

/**
 * A row for each method and layer, a column for each figure that was measured; the best of a column
 * is marked by an asterisk, unless all are the same as printed.
 */
export function mapsTable(results: readonly MapsResult[]): string {
  const names = results.map(viewName);
  const width = Math.max("method".length, ...names.map((name) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(13)).join("")}\n`;
  const shown = columns.flatMap(({ label, better, of }) => {
    const values = results.map(of);
    if (values.every((value) => value == null)) return [];
    const best = bestAmong(values, better);
    const cells = values.map((value, i) =>
      value == null ? "- " : `${percent(value)}${best[i] ? "*" : " "}`,
    );
    return [{ heading: `${label} ${better === "higher" ? "↑" : "↓"} `, cells }];
  });
  const headings = shown.map(({ heading }) => heading);
  const rows = names.map((name, i) =>
    line(
      name,
      shown.map(({ cells }) => cells[i]),
    ),
  );
  const basis = results.map(mapsBasis).find((text) => text !== "");
  return `${line("method", headings)}${rows.join("")}${basis === undefined ? "" : `  ${basis}\n`}`;
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
