/** The table of figures by class. */

import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";
import { isBest, percent } from "./resultsTable.ts";

type ByClass = Readonly<Record<string, number | null>>;

interface Group {
  readonly label: string;
  readonly of: (metrics: EvaluateJson) => ByClass | undefined;
}

const groups: readonly Group[] = [
  { label: "Attention IoU", of: (metrics) => metrics.attention?.IoU },
  { label: "Average precision", of: (metrics) => metrics.classification?.AP },
  { label: "Segmentation IoU", of: (metrics) => metrics.segmentation?.IoU },
];

/** Classes as rows; for each measure, a column per run. The best of each measure is marked. */
export function classTable(runs: readonly ReportRun[]): Html {
  const shown = groups.filter(({ of }) => runs.some(({ metrics }) => of(metrics)));
  const names = new Set(
    shown.flatMap(({ of }) => runs.flatMap(({ metrics }) => Object.keys(of(metrics) ?? {}))),
  );
  const cells = (name: string, { of }: Group): Html[] => {
    const values = runs.map(({ metrics }) => of(metrics)?.[name]);
    return values.map((value, i) => {
      const edge = i === 0 ? "edge" : "";
      return isBest(value, values)
        ? html`<td class="best ${edge}"><b>${percent(value)}</b><span class="mark" title="best"><span aria-hidden="true">▲</span><span class="hidden"> best</span></span></td>`
        : html`<td class="${edge}">${percent(value)}</td>`;
    });
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-labelledby="classes">
<table class="classes" aria-describedby="classes-note">
<thead>
<tr><td></td>${shown.map(
    ({ label }) => html`<th scope="colgroup" class="edge" colspan="${runs.length}">${label}</th>`,
  )}</tr>
<tr><th scope="col">Class</th>${shown.map(
    () =>
      html`${runs.map(
        ({ name }, i) => html`<th scope="col" class="${i === 0 ? "edge" : ""}">${name}</th>`,
      )}`,
  )}</tr>
</thead>
<tbody>${[...names].map(
    (name) =>
      html`<tr><th scope="row">${name}</th>${shown.map(
        (group) => html`${cells(name, group)}`,
      )}</tr>`,
  )}</tbody>
</table></div>
<p class="note" id="classes-note">In percent. ▲ marks the best run. A dash: nothing to measure.</p>`;
}
