/** How sure the figures of a report are. */

import { bootstrap, type Difference, type Spread } from "../evaluate/bootstrap/bootstrap.ts";
import type { Interval } from "../evaluate/bootstrap/percentileInterval.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";

/** Of each run, undefined where its pictures were not recorded; differences are from the first run. */
export function spreadsOf(runs: readonly ReportRun[]): readonly (Spread | undefined)[] {
  const recorded = runs.flatMap(({ record }) => record ?? []);
  // Without a record of the first run there is nothing that the others could be paired with.
  const spreads =
    runs[0]?.record === undefined
      ? recorded.flatMap((record) => bootstrap([record]))
      : bootstrap(recorded);
  let next = 0;
  return runs.map(({ record }) => (record === undefined ? undefined : spreads[next++]));
}

/** "38.1 to 44.9", in percent. */
export function intervalText({ low, high }: Interval): string {
  return `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`;
}

/** "+1.0 to +5.4, higher in 99 % of resamples", in points. */
export function differenceText({ low, high, shareHigher }: Difference): string {
  return `${points(low)} to ${points(high)}, higher in ${(100 * shareHigher).toFixed(0)}\u00a0%`;
}

/** A difference of shares in points with its sign: "+3.3", "−2.0", "0.0". */
export function points(difference: number): string {
  const text = Math.abs(100 * difference).toFixed(1);
  if (Number(text) === 0) return text;
  return `${difference > 0 ? "+" : "−"}${text}`;
}

/** A bar from 0 to 1 with its interval as a darker line over the bar's end. */
export function bar(share: number, interval: Interval | undefined, run: number): Html {
  const place = (value: number): string => `${(100 * value).toFixed(1)}%`;
  const whisker = interval
    ? html`<i style="left:${place(interval.low)};right:${place(1 - interval.high)}"></i>`
    : undefined;
  return html`<span class="bar" aria-hidden="true" style="--bar:var(--run-${run % 6})"><span style="width:${place(share)}"></span>${whisker}</span>`;
}
