/** How good attention maps are, by method and layer. */

import { basename } from "node:path";
import type { RecordedMaps } from "../evaluate/record/mapsRecord.ts";
import { type Html, html } from "./html.ts";
import {
  bestAmong,
  type MapMeasure,
  mapMeasures,
  mapsBasis,
  methodTitle,
  viewName,
} from "./mapMeasures.ts";
import { blankNotes } from "./mapNotes.ts";
import type { ReportRun } from "./reportData.ts";
import { percent } from "./resultsTable.ts";

/** A row: the maps of one method at one layer of one run. */
interface Row {
  readonly run: ReportRun;
  readonly maps: RecordedMaps;
}

/** A table per data set and split; undefined where nothing was measured. */
export function mapsSection(runs: readonly ReportRun[]): Html | undefined {
  const rows = runs.flatMap((run) => (run.maps ?? []).map((maps): Row => ({ run, maps })));
  if (rows.length === 0) return undefined;
  const isOne = new Set(rows.map(({ maps }) => maps.data)).size === 1;
  const placeOf = ({ maps: { data, split } }: Row): string => JSON.stringify([data, split]);
  const tables = [...new Set(rows.map(placeOf))].map((place) => {
    const group = rows.filter((row) => placeOf(row) === place);
    const [{ maps }] = group;
    const title = isOne ? maps.split : `${maps.split} of ${basename(maps.data)}`;
    return mapsTable(title, group, runs.length > 1);
  });
  const shown = shownMeasures(rows);
  return html`<section aria-labelledby="maps"><h2 id="maps">How good the maps are</h2>
<p class="note">By method and layer, as <code>gain evaluate</code> found them; in percent. ▲ marks the best of a column, an arrow says what is better.</p>
${tables}
${
  shown.length > 0
    ? html`<dl class="told">${shown.map(
        ({ label, meaning }) => html`<dt>${label}</dt><dd>${meaning}</dd>`,
      )}</dl>`
    : undefined
}</section>`;
}

const groupNames: Readonly<Record<MapMeasure["group"], string>> = {
  places: "where they lie",
  network: "what they say of the network",
};

function mapsTable(title: string, rows: readonly Row[], isNamed: boolean): Html {
  const shown = shownMeasures(rows);
  const columns = shown.map(({ better, of }) => {
    const values = rows.map(({ maps }) => of(maps));
    return { values, best: bestAmong(values, better) };
  });
  const groups = Object.entries(groupNames).flatMap(([group, name]) => {
    const span = shown.filter((measure) => measure.group === group).length;
    return span === 0
      ? []
      : [html`<th scope="colgroup" class="edge" colspan="${span}">${name}</th>`];
  });
  const body = rows.map(({ run, maps }, r) => {
    const cells = columns.map(({ values, best }, c) => {
      const isBest = best[r];
      const mark = isBest
        ? html`<span class="mark" title="best"><span aria-hidden="true">▲</span><span class="hidden"> best</span></span>`
        : undefined;
      return html`<td class="${isBest ? "best " : ""}${edgeOf(shown, c)}"><b>${signed(values[r])}</b>${mark}</td>`;
    });
    const { maps: all, blank, notFinite } = maps.blank;
    return html`<tr>${isNamed ? html`<td class="name">${run.name}</td>` : undefined}<th scope="row" class="name">${methodTitle(maps.method)} <small>${placeText(run, maps)}</small></th>
${cells}<td class="edge">${blank} <small>of ${all}</small></td><td>${notFinite}</td></tr>`;
  });
  const notes = rows.flatMap(({ run, maps }) =>
    blankNotes([maps]).map((note) => html`<li>${isNamed ? `${run.name}: ` : ""}${note}</li>`),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Maps on ${title}">
<table class="maps"><caption>${title}</caption>
<thead><tr>${isNamed ? html`<td></td>` : undefined}<td></td>${groups}<th scope="colgroup" class="edge" colspan="2">unusable</th></tr>
<tr>${isNamed ? html`<th scope="col" class="name">Run</th>` : undefined}<th scope="col" class="name">Method</th>${shown.map(
    ({ label, better }, c) =>
      html`<th scope="col" class="${edgeOf(shown, c)}">${label} ${better === "higher" ? "↑" : "↓"}</th>`,
  )}<th scope="col" class="edge">blank ↓</th><th scope="col">NaN ↓</th></tr></thead>
<tbody>${body}</tbody></table></div>
<p class="note">${basisText(rows)}</p>
${notes.length > 0 ? html`<ul class="told">${notes}</ul>` : undefined}`;
}

/** Those that were measured of any of the rows. */
function shownMeasures(rows: readonly Row[]): readonly MapMeasure[] {
  return mapMeasures.filter(({ of }) => rows.some(({ maps }) => of(maps) != null));
}

/** A line before the first column of a group. */
const edgeOf = (shown: readonly MapMeasure[], column: number): string =>
  shown[column].group === shown[column - 1]?.group ? "" : "edge";

/** The layer, how many channels were asked if not all, and when it was measured if not with the rest. */
function placeText({ record }: ReportRun, { layer, channels, step }: RecordedMaps): string {
  const parts = [
    `at ${layer}`,
    ...(channels === undefined ? [] : [`${channels} channels`]),
    ...(record === undefined || record.step === step ? [] : [`after step ${step}`]),
  ];
  return parts.join(", ");
}

/** Of what the figures are, once where that is the same of all rows. */
function basisText(rows: readonly Row[]): string {
  const texts = rows.map(({ maps }) =>
    [mapsBasis(maps), `pictures drawn by seed ${maps.seed}`]
      .filter((text) => text !== "")
      .join("; "),
  );
  if (new Set(texts).size === 1) return `${capital(texts[0])}.`;
  return rows.map(({ run, maps }, i) => `${run.name}, ${viewName(maps)}: ${texts[i]}.`).join(" ");
}

/** As `percent`, but with a minus sign. */
const signed = (share: number | null | undefined): string => percent(share).replace("-", "−");

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
