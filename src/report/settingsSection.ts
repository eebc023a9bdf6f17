/** The settings: what differs between the runs side by side, the rest once. */

import { type Html, html } from "./html.ts";
import type { ReportData, Settings } from "./reportData.ts";

/** Differences come first; a setting that a run does not have is a dash. */
export function settingsSection({ runs, settings, command }: ReportData): Html {
  const { differing, shared } = partSettings(runs.map((run) => run.settings ?? {}));
  const rows = differing.map(
    (name) =>
      html`<tr><th scope="row">${name}</th>${runs.map((run) => {
        const value = run.settings?.[name];
        return html`<td>${value === undefined ? "–" : String(value)}</td>`;
      })}</tr>`,
  );
  const table = html`<h3 id="differing">What differs</h3>
<div class="scroll" tabindex="0" role="region" aria-labelledby="differing"><table class="differing">
<thead><tr><td></td>${runs.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>
<h3>What they share</h3>`;
  return html`<section aria-labelledby="settings"><h2 id="settings">Settings</h2>
${differing.length > 0 ? table : undefined}
<dl class="settings">${Object.entries({ ...shared, ...settings }).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${String(value)}</dd></div>`,
  )}</dl>
${command ? html`<pre><code>${command}</code></pre>` : undefined}</section>`;
}

/** Names of what is not the same in all, in order of appearance, and what is. */
export function partSettings(all: readonly Settings[]): {
  readonly differing: readonly string[];
  readonly shared: Settings;
} {
  const names = [...new Set(all.flatMap((settings) => Object.keys(settings)))];
  const isShared = (name: string): boolean =>
    all.every((settings) => settings[name] === all[0][name]);
  return {
    differing: names.filter((name) => !isShared(name)),
    shared: Object.fromEntries(names.filter(isShared).map((name) => [name, all[0][name]])),
  };
}
