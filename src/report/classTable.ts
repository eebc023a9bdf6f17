/** The table of figures by class. */

import type { Spread } from "../evaluate/bootstrap/bootstrap.ts";
import type { Interval } from "../evaluate/bootstrap/percentileInterval.ts";
import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";
import { isBest, percent } from "./resultsTable.ts";
import { bar, intervalText } from "./spreads.ts";

type ByClass = Readonly<Record<string, number | null>>;

interface Group {
  readonly label: string;
  readonly of: (metrics: EvaluateJson) => ByClass | undefined;
  readonly intervals: (spread: Spread) => Readonly<Record<string, Interval | undefined>>;
}

const groups: readonly Group[] = [
  {
    label: "Attention IoU",
    of: (metrics) => metrics.attention?.IoU,
    intervals: (spread) => spread.intervals.attentionIou,
  },
  {
    label: "Average precision",
    of: (metrics) => metrics.classification?.AP,
    intervals: (spread) => spread.intervals.AP,
  },
  {
    label: "Segmentation IoU",
    of: (metrics) => metrics.segmentation?.IoU,
    intervals: (spread) => spread.intervals.segmentationIou,
  },
];

/** Classes as rows; for each measure, a column per run. The best of each measure is marked. */
export function classTable(
  runs: readonly ReportRun[],
  spreads: readonly (Spread | undefined)[] = [],
): Html {
  const shown = groups.filter(({ of }) => runs.some(({ metrics }) => of(metrics)));
  const names = new Set(
    shown.flatMap(({ of }) => runs.flatMap(({ metrics }) => Object.keys(of(metrics) ?? {}))),
  );
  const cells = (name: string, { of, intervals }: Group): Html[] => {
    const values = runs.map(({ metrics }) => of(metrics)?.[name]);
    return values.map((value, i) => {
      const spread = spreads[i];
      const edge = i === 0 ? "edge" : "";
      if (value == null) return html`<td class="${edge}">–</td>`;
      const interval = spread && intervals(spread)[name];
      const best = isBest(value, values);
      const mark = html`<span class="mark" title="best"><span aria-hidden="true">▲</span><span class="hidden"> best</span></span>`;
      return html`<td class="${best ? "best " : ""}${edge}"><b>${percent(value)}</b>${best ? mark : undefined}${interval && html` <small class="interval">${intervalText(interval)}</small>`}${bar(value, interval, i)}</td>`;
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
