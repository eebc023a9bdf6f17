/** The table that compares runs. */

import type { Difference, Spread } from "../evaluate/bootstrap/bootstrap.ts";
import type { FigureName } from "../evaluate/bootstrap/figureTable.ts";
import type { Interval } from "../evaluate/bootstrap/percentileInterval.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { inPercent } from "../inPercent.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";
import { bar, differenceText, intervalText, points } from "./spreads.ts";

interface Measure {
  /** Its name among those that are resampled. */
  readonly figure: FigureName;
  readonly label: string;
  readonly meaning: string;
  readonly of: (metrics: EvaluateJson) => number | undefined;
}

const measures: readonly Measure[] = [
  {
    figure: "attentionMiou",
    label: "Attention mIoU",
    meaning:
      "How well the attention covers the objects and nothing else: mean intersection over union of background and classes, at the run’s best threshold.",
    of: (metrics) => metrics.attention?.mIoU,
  },
  {
    figure: "attentionMiouAtFixed",
    label: "mIoU at 0.2",
    meaning: "The same at a fixed threshold of 0.2.",
    of: (metrics) => metrics.attention?.mIoUAtFixed.mIoU,
  },
  {
    figure: "energy",
    label: "Energy",
    meaning: "Share of the attention that falls on objects.",
    of: (metrics) => metrics.attention?.energy,
  },
  {
    figure: "mAP",
    label: "Classification mAP",
    meaning: "How well the scores rank the pictures that have a tag: mean average precision.",
    of: (metrics) => metrics.classification?.mAP,
  },
  {
    figure: "segmentationMiou",
    label: "Segmentation mIoU",
    meaning: "Mean intersection over union of the segmentation network’s masks.",
    of: (metrics) => metrics.segmentation?.mIoU,
  },
];

/**
 * Measures as rows, runs as columns; the best of each row is marked, also by a word. The roles
 * repeat what the elements are, because a phone's layout takes the table's display from them.
 */
export function resultsTable(
  runs: readonly ReportRun[],
  spreads: readonly (Spread | undefined)[] = [],
): Html {
  const shown = measures.filter(({ of }) => runs.some(({ metrics }) => of(metrics) !== undefined));
  const rows = shown.map(({ figure, label, meaning, of }) => {
    const values = runs.map(({ metrics }) => of(metrics));
    return html`<tr role="row"><th role="rowheader" scope="row">${label}<small>${meaning}</small></th>
${values.map((_, i) => {
  const { intervals, differences } = spreads[i] ?? {};
  return shareCell(values, i, intervals?.overall[figure], differences?.overall[figure]);
})}</tr>`;
  });
  const thresholds = runs.map(
    ({ metrics }) => html`<td role="cell">${metrics.attention?.threshold.toFixed(2) ?? "–"}</td>`,
  );
  const hasThresholds = runs.some(({ metrics }) => metrics.attention);
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="results">
<table class="results" role="table" style="--runs:${runs.length}" aria-describedby="results-note">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Measure</th>${runs.map(
    ({ name }) => html`<th role="columnheader" scope="col">${name}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">${rows}
${
  hasThresholds
    ? html`<tr role="row"><th role="rowheader" scope="row">Best threshold<small>Above it, a pixel belongs to the object.</small></th>${thresholds}</tr>`
    : undefined
}</tbody>
</table></div>
<p class="note" id="results-note">In percent, thresholds apart.${
    runs.length > 1 ? ` Below each figure, its difference in points from “${runs[0].name}”.` : ""
  }${spreadNote(runs, spreads)}</p>`;
}

/** What the ranges mean, where there are any. */
function spreadNote(
  [first]: readonly ReportRun[],
  spreads: readonly (Spread | undefined)[],
): Html | undefined {
  if (spreads.every((spread) => spread === undefined)) return undefined;
  const paired = spreads.some((spread) => spread?.differences)
    ? ` Differences are measured on the same pictures in every resample; “higher in” is the share of resamples in which the run is above “${first.name}”.`
    : "";
  return html` Ranges are 95 % intervals from 1,000 resamples of the pictures: how far a figure would move with other pictures, not with another training.${paired}`;
}

/** "58.9", or a dash where there is no figure. */
export function percent(share: number | null | undefined): string {
  return share == null || Number.isNaN(share) ? "–" : inPercent(share);
}

/** Whether `value` is the highest of several that are not all equal, as printed. */
export function isBest(
  value: number | null | undefined,
  all: readonly (number | null | undefined)[],
): boolean {
  if (value == null) return false;
  const printed = all.filter((other) => other != null).map((other) => Number(percent(other)));
  return Number(percent(value)) === Math.max(...printed) && new Set(printed).size > 1;
}

/** A figure with its interval, a bar, its difference from the first run's, and whether it is best. */
function shareCell(
  values: readonly (number | undefined)[],
  run: number,
  interval: Interval | undefined,
  spread: Difference | undefined,
): Html {
  const value = values[run];
  if (value === undefined) return html`<td role="cell">–</td>`;
  const best = isBest(value, values);
  const [first] = values;
  const difference = first === undefined ? 0 : value - first;
  const badge = best ? html`<span class="badge">best</span> ` : undefined;
  return html`<td role="cell"${best ? html` class="best"` : undefined}>
<b>${percent(value)}</b> ${interval && html`<small class="interval">${intervalText(interval)}</small>`}
${bar(value, interval, run)}
<span class="delta">${badge}${difference === 0 ? "" : points(difference)}${spread && html` <small>${differenceText(spread)}</small>`}</span></td>`;
}
