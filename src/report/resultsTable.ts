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
      "How well the attention covers the objects and nothing else: mean intersection over union of background and classes, at each run’s best threshold.",
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
    of: (metrics) => metrics.classification.mAP,
  },
  {
    label: "Segmentation mIoU",
    meaning: "Mean intersection over union of the segmentation network’s masks.",
    of: (metrics) => metrics.segmentation?.mIoU,
  },
];

/** Runs as rows, measures as columns; the best of each column is marked, also by a word. */
export function resultsTable(runs: readonly ReportRun[]): Html {
  const shown = measures.filter(({ of }) => runs.some(({ metrics }) => of(metrics) !== undefined));
  const hasThreshold = runs.some(({ metrics }) => metrics.attention);
  const rows = runs.map(
    ({ name, metrics }) => html`<tr>
<th scope="row">${name}</th>
${shown.map(({ of }) =>
  shareCell(
    of(metrics),
    runs.map((run) => of(run.metrics)),
  ),
)}
${hasThreshold ? html`<td>${metrics.attention?.threshold.toFixed(2) ?? "–"}</td>` : undefined}
</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results by run">
<table class="results">
<caption>In percent; below each figure, its difference in points from “${runs[0].name}”.</caption>
<thead><tr><th scope="col">Run</th>${shown.map(({ label }) => html`<th scope="col">${label}</th>`)}
${hasThreshold ? html`<th scope="col">Threshold</th>` : undefined}</tr></thead>
<tbody>${rows}</tbody>
</table></div>
<dl class="notes">${shown.map(
    ({ label, meaning }) => html`<div><dt>${label}</dt><dd>${meaning}</dd></div>`,
  )}</dl>`;
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
  if (value === undefined) return html`<td>–</td>`;
  const best = isBest(value, all);
  const [first] = all;
  const difference = first === undefined ? 0 : 100 * (value - first);
  const delta = difference.toFixed(1).replace("-", "−");
  const sign = difference > 0 ? "+" : "";
  return html`<td${best ? html` class="best"` : undefined}>
<span class="figure">${best ? html`<span class="badge">best</span> ` : undefined}<b>${percent(value)}</b></span>
<span class="bar" aria-hidden="true"><span style="width:${(100 * value).toFixed(1)}%"></span></span>
<span class="delta">${difference === 0 ? "" : `${sign}${delta}`}</span></td>`;
}
