/** Loss curves: one chart per loss, one line per run, drawn by uPlot when the page is opened. */

import { type Html, html, jsonForScript } from "./html.ts";
import type { ReportRun } from "./reportData.ts";

/** One chart's numbers; `raw[run][i]` belongs to `steps[i]`, `null` where a run has no figure. */
export interface LossChart {
  readonly loss: string;
  readonly steps: readonly number[];
  readonly raw: readonly (readonly (number | null)[])[];
  readonly smooth: readonly (readonly (number | null)[])[];
}

/** Line patterns in pixels, so that runs differ by more than their colour. */
const dashes: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** Figures, a key to the lines, and the numbers for the script that draws them. */
export function lossCharts(runs: readonly ReportRun[]): Html {
  const charts = alignLosses(runs);
  if (charts.length === 0) return html`<p>No losses were recorded.</p>`;
  const key = runs.map(
    (
      { name },
      i,
    ) => html`<li><svg width="36" height="10" aria-hidden="true"><line x1="1" y1="5" x2="35" y2="5"
 style="stroke:var(--run-${i % 6})" stroke-width="2.5" stroke-dasharray="${dashOf(i).join(" ") || "none"}"/></svg>${name}</li>`,
  );
  const figures = charts.map(
    ({ loss, smooth }, i) => html`<figure class="chart">
<figcaption><b>${titleOf(loss)}</b> <output data-readout="${i}"></output></figcaption>
<div data-chart="${i}" role="img" aria-label="${titleOf(loss)} by training step. ${runs
      .map(({ name }, run) => `${name}: ${describe(smooth[run])}`)
      .join("; ")}."></div>
</figure>`,
  );
  const data = {
    runs: runs.map(({ name }, i) => ({ name, color: i % 6, dash: dashOf(i) })),
    charts,
  };
  return html`<ul class="key">${key}</ul>
<div class="charts">${figures}</div>
<p class="note">Bold lines are running averages, faint lines the recorded values. Point at a chart to read it.</p>
<script type="application/json" id="losses">${jsonForScript(data)}</script>`;
}

/** The losses of all runs over the union of their steps, one entry per loss in order of appearance. */
export function alignLosses(runs: readonly ReportRun[]): LossChart[] {
  const entries = runs.flatMap(({ history }) => history);
  const names = new Set(entries.flatMap(({ losses }) => Object.keys(losses)));
  return [...names].map((loss) => {
    const having = entries.filter(({ losses }) => loss in losses);
    const steps = [...new Set(having.map(({ step }) => step))].sort((a, b) => a - b);
    const raw = runs.map(({ history }) => {
      const byStep = new Map(history.map(({ step, losses }) => [step, losses[loss]]));
      return steps.map((step) => finiteOrNull(byStep.get(step)));
    });
    return { loss, steps, raw, smooth: raw.map(runningAverage) };
  });
}

/** Exponential running average over about a twentieth of the values, without a bias to the start. */
function runningAverage(values: readonly (number | null)[]): (number | null)[] {
  const count = values.filter((value) => value !== null).length;
  const keep = 1 - 1 / Math.max(1, count / 20);
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return Number((sum / weight).toPrecision(5));
  });
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? Number(value.toPrecision(5)) : null;
}

function describe(values: readonly (number | null)[]): string {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return "not recorded";
  return `from ${present[0].toPrecision(3)} to ${present[present.length - 1].toPrecision(3)}`;
}

function titleOf(loss: string): string {
  return loss === "loss" ? "Total loss" : `${loss[0].toUpperCase()}${loss.slice(1)} loss`;
}

function dashOf(run: number): readonly number[] {
  return dashes[run % dashes.length];
}
