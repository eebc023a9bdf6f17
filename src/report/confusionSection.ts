/** What segmentation networks take each class for. */

import type { SegmentationResult } from "../evaluate/evaluateJson.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";

/** A table per run with masks; undefined where there is none. */
export function confusionSection(runs: readonly ReportRun[]): Html | undefined {
  const tables = runs.flatMap(({ name, metrics: { segmentation } }) =>
    segmentation === undefined ? [] : [confusionTable(name, segmentation)],
  );
  if (tables.length === 0) return undefined;
  return html`<section aria-labelledby="confusion"><h2 id="confusion">What pixels are taken for</h2>
<p class="note">Rows: the true class. Columns: percent of its pixels by prediction, the diagonal is right. Shares below half a percent are left blank.</p>
${tables}</section>`;
}

function confusionTable(run: string, { labels, confusion }: SegmentationResult): Html {
  const rows = confusion.map((row, r) => {
    const total = row.reduce((sum, pixels) => sum + pixels, 0);
    const cells = row.map((pixels, c) => {
      if (total === 0) return html`<td>–</td>`;
      const share = pixels / total;
      const heat = Math.round(70 * Math.sqrt(share));
      return html`<td class="heat${c === r ? " right" : ""}" style="--heat:${heat}%">${share < 0.005 ? "" : (100 * share).toFixed(labels.length > 10 ? 0 : 1)}</td>`;
    });
    return html`<tr><th scope="row">${labels[r]}</th>${cells}</tr>`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion of ${run}">
<table class="confused"><caption>${run}</caption>
<thead><tr><th scope="col">True class</th>${labels.map(
    (label) => html`<th scope="col" class="upright"><span>${label}</span></th>`,
  )}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
