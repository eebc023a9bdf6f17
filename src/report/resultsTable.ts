/** The table that compares runs. */

import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";

interface Measure {
  readonly label: string;
  readonly meaning: string;
  readonly of: (metrics: EvaluateJson) => number | undefined;
}

const measures: readonly Measure[] = [
  {
    label: "Attention mIoU",
    meaning:
      "How well the attention covers the objects and nothing else: mean intersection over union of background and classes, at the run’s best threshold.",
    of: (metrics) => metrics.attention?.mIoU,
  },
  {
    label: "mIoU at 0.2",
    meaning: "The same at a fixed threshold of 0.2.",
    of: (metrics) => metrics.attention?.mIoUAtFixed.mIoU,
  },
  {
    label: "Energy",
    meaning: "Share of the attention that falls on objects.",
    of: (metrics) => metrics.attention?.energy,
  },
  {
    label: "Classification mAP",
    meaning: "How well the scores rank the pictures that have a tag: mean average precision.",
    of: (metrics) => metrics.classification?.mAP,
  },
  {
    label: "Segmentation mIoU",
    meaning: "Mean intersection over union of the segmentation network’s masks.",
    of: (metrics) => metrics.segmentation?.mIoU,
  },
];

/**
 * Measures as rows, runs as columns; the best of each row is marked, also by a word. The roles
 * repeat what the elements are, because a phone's layout takes the table's display from them.
 */
export function resultsTable(runs: readonly ReportRun[]): Html {
  const shown = measures.filter(({ of }) => runs.some(({ metrics }) => of(metrics) !== undefined));
  const rows = shown.map(({ label, meaning, of }) => {
    const values = runs.map(({ metrics }) => of(metrics));
    return html`<tr role="row"><th role="rowheader" scope="row">${label}<small>${meaning}</small></th>
${values.map((value) => shareCell(value, values))}</tr>`;
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
  }</p>`;
}

/** "58.9", or a dash where there is no figure. */
export function percent(share: number | null | undefined): string {
  return share == null || Number.isNaN(share) ? "–" : (100 * share).toFixed(1);
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

/** A figure with a bar, its difference from the first run's, and whether it is the best. */
function shareCell(value: number | undefined, all: readonly (number | undefined)[]): Html {
  if (value === undefined) return html`<td role="cell">–</td>`;
  const best = isBest(value, all);
  const [first] = all;
  const difference = first === undefined ? 0 : 100 * (value - first);
  const delta = difference.toFixed(1).replace("-", "−");
  const sign = difference > 0 ? "+" : "";
  return html`<td role="cell"${best ? html` class="best"` : undefined}>
<b>${percent(value)}</b>
<span class="bar" aria-hidden="true"><span style="width:${(100 * value).toFixed(1)}%"></span></span>
<span class="delta">${best ? html`<span class="badge">best</span> ` : undefined}${difference === 0 ? "" : `${sign}${delta}`}</span></td>`;
}
