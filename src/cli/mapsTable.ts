/** The figures of attention maps by method and layer, for a terminal. */
import type { MapsResult } from "../evaluate/evaluateJson.ts";
import { camMethods, isCamMethod } from "../gain/index.ts";
import { percent } from "./format.ts";

interface Column {
  readonly label: string;
  readonly better: "higher" | "lower";
  readonly of: (maps: MapsResult) => number | null | undefined;
}

const columns: readonly Column[] = [
  {
    label: "pointing",
    better: "higher",
    of: ({ localization }) => localization?.pointingGame.mean,
  },
  { label: "energy", better: "higher", of: ({ localization }) => localization?.energy.mean },
  {
    label: "MaxBoxAccV2",
    better: "higher",
    of: ({ localization }) => localization?.maxBoxAccV2.mean,
  },
  { label: "PxAP", better: "higher", of: ({ localization }) => localization?.PxAP.mean },
  { label: "mIoU", better: "higher", of: ({ localization }) => localization?.attention.mIoU },
  {
    label: "insertion",
    better: "higher",
    of: ({ faithfulness }) => faithfulness?.insertion.mean,
  },
  { label: "deletion", better: "lower", of: ({ faithfulness }) => faithfulness?.deletion.mean },
  { label: "ROAD", better: "higher", of: ({ faithfulness }) => faithfulness?.road.mean },
  { label: "blank", better: "lower", of: ({ blank }) => share(blank.blank, blank.maps) },
];

/**
 * A row for each method and layer, a column for each figure that was measured; the best of a column
 * is marked by an asterisk, unless all are the same as printed.
 */
export function mapsTable(results: readonly MapsResult[]): string {
  const shown = columns.filter(({ of }) => results.some((maps) => of(maps) != null));
  const names = results.map(nameOf);
  const width = Math.max("method".length, ...names.map((name) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(13)).join("")}\n`;
  const rows = results.map((maps, i) =>
    line(
      names[i],
      shown.map((column) => cellOf(column, maps, results)),
    ),
  );
  const arrows = shown.map(({ label, better }) => `${label} ${better === "higher" ? "↑" : "↓"} `);
  return `${line("method", arrows)}${rows.join("")}${results.map(basis).find(Boolean) ?? ""}`;
}

/** What is wrong with maps, and what helps; a line for each method that has such. */
export function blankNotes(results: readonly MapsResult[]): string[] {
  return results.flatMap((maps) => {
    const { blank } = maps;
    const notes: string[] = [];
    if (blank.firstNotFinite !== null) {
      const { id, class: name } = blank.firstNotFinite;
      notes.push(
        `${nameOf(maps)}: ${blank.notFinite} of ${blank.maps} maps are NaN or infinite, first ${name} in ${id}: the weights have diverged. Train anew with a lower learningRate.`,
      );
    }
    if (blank.firstBlank !== null) {
      const { id, class: name } = blank.firstBlank;
      notes.push(
        `${nameOf(maps)}: ${blank.blank} of ${blank.maps} maps are blank (${byClass(maps)}), first ${name} in ${id}. ${causeOf(maps)}`,
      );
    }
    return notes;
  });
}

/** Why maps are blank, as far as the scores tell. */
function causeOf({ method, layer, blank: { meanScoreOfBlank } }: MapsResult): string {
  const score = meanScoreOfBlank ?? 0;
  const why =
    score < 0
      ? `Their classes' mean score is ${score.toFixed(1)}: the network does not see the class, and nothing at ${layer} speaks for it`
      : `Though their classes' mean score is ${score.toFixed(1)}, the layer ${layer} as a whole speaks against them: the evidence lies in the biases, or elsewhere in the network`;
  const cure =
    method === "layer-cam" ? "" : " or --methods layer-cam, which weighs each place alone";
  return `${why}. Try another layer (--layers; gain layers lists those of a file)${cure}.`;
}

function byClass({ blank: { perClass } }: MapsResult): string {
  const counts = Object.entries(perClass).filter(([, { blank }]) => blank > 0);
  const shown = counts.sort(([, a], [, b]) => b.blank - a.blank).slice(0, 5);
  const rest = counts.length - shown.length;
  const texts = shown.map(([name, { blank, maps }]) => `${name} ${blank} of ${maps}`);
  return [...texts, ...(rest > 0 ? [`${rest} classes more`] : [])].join(", ");
}

function cellOf(column: Column, maps: MapsResult, all: readonly MapsResult[]): string {
  const value = column.of(maps);
  if (value == null) return "- ";
  const printed = (share: number): number => Number((100 * share).toFixed(1));
  const others = all.flatMap((other) => {
    const figure = column.of(other);
    return figure == null ? [] : [printed(figure)];
  });
  const best = column.better === "higher" ? Math.max(...others) : Math.min(...others);
  const isBest = printed(value) === best && new Set(others).size > 1;
  return `${percent(value)}${isBest ? "*" : " "}`;
}

/** Of how many pictures and maps the figures are. */
function basis({ localization, faithfulness }: MapsResult): string {
  const parts = [];
  if (localization !== undefined) {
    const { masks, boxes } = localization.pictures;
    const truth = [
      ...(masks > 0 ? [`${masks} with masks`] : []),
      ...(boxes > 0 ? [`${boxes} with boxes only`] : []),
    ];
    parts.push(
      `where they lie: ${localization.maps} maps of ${masks + boxes} pictures (${truth.join(", ")})`,
    );
  }
  if (faithfulness !== undefined) {
    const leftOut = faithfulness.leftOut > 0 ? `, ${faithfulness.leftOut} left out` : "";
    parts.push(`what they say of the network: ${faithfulness.maps} maps${leftOut}`);
  }
  return parts.length === 0 ? "" : `  ${parts.join("; ")}\n`;
}

const nameOf = ({ method, layer }: MapsResult): string =>
  `${isCamMethod(method) ? camMethods[method].title : method} at ${layer}`;

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
