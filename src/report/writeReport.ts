/** The HTML report: one file that needs nothing else, no network either. */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { classTable } from "./classTable.ts";
import { colormapTable } from "./colormap.ts";
import { gallery } from "./gallery.ts";
import { type Html, html, trusted } from "./html.ts";
import { lossCharts } from "./lossCharts.ts";
import { lossChartsScript } from "./lossChartsScript.ts";
import type { ReportData } from "./reportData.ts";
import { resultsTable } from "./resultsTable.ts";
import { style } from "./style.ts";

/**
 * Writes the report, creating its folder. A file that is there is replaced only once the new one is
 * complete.
 *
 * @throws {RangeError} When there is no run, two runs have one name, or a map names another run.
 */
export async function writeReport(path: string, data: ReportData): Promise<void> {
  checkData(data);
  const page = await render(data);
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, page.markup);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function render(data: ReportData): Promise<Html> {
  const { title, intro, runs, examples, settings, command } = data;
  const { images, split } = runs[0].metrics;
  const uplot = await uplotFiles();
  const charts = lossCharts(runs);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="generator" content="guided-attention">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(uplot.css)}${trusted(style)}</style>
</head>
<body>
<main>
<header>
<h1>${title}</h1>
${intro ? html`<p class="intro">${intro}</p>` : undefined}
<p class="facts">Measured on ${images} pictures of the split “${split}”.</p>
</header>
<section aria-labelledby="results"><h2 id="results">Results</h2>${resultsTable(runs)}</section>
${
  examples.length > 0
    ? html`<section aria-labelledby="examples"><h2 id="examples">Where each run looks</h2>
<p class="note">Attention: none <span class="scale" style="background:${colorScale()}" aria-hidden="true"></span> highest in the picture.</p>
${await gallery(data)}</section>`
    : undefined
}
<section aria-labelledby="curves"><h2 id="curves">Losses</h2>${charts}</section>
<section aria-labelledby="classes"><h2 id="classes">By class</h2>${classTable(runs)}</section>
<section aria-labelledby="settings"><h2 id="settings">Settings</h2>
<dl class="settings">${Object.entries(settings).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${String(value)}</dd></div>`,
  )}</dl>
${command ? html`<pre><code>${command}</code></pre>` : undefined}</section>
</main>
<!-- uPlot, MIT licence, copyright Leon Sorokin -->
<script>${trusted(uplot.script)}</script>
<script>${trusted(lossChartsScript)}</script>
</body>
</html>
`;
}

async function uplotFiles(): Promise<{ script: string; css: string }> {
  const { resolve } = createRequire(import.meta.url);
  const [script, css] = await Promise.all([
    readFile(resolve("uplot/dist/uPlot.iife.min.js"), "utf8"),
    readFile(resolve("uplot/dist/uPlot.min.css"), "utf8"),
  ]);
  return { script, css };
}

/** The overlays' colours as a CSS gradient. */
function colorScale(): string {
  const table = colormapTable("inferno");
  const stops = Array.from({ length: 9 }, (_, i) => {
    const at = 3 * Math.round((i * 255) / 8);
    return `rgb(${table.subarray(at, at + 3).join(" ")})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function checkData({ runs, examples }: ReportData): void {
  const names = runs.map(({ name }) => name);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new RangeError(
      `writeReport: runs must be at least one, with distinct names; got [${names.join(", ")}].`,
    );
  }
  for (const { id, maps } of examples) {
    const stray = maps.find(({ run }) => !names.includes(run));
    if (stray) {
      throw new RangeError(
        `writeReport: maps must belong to one of the runs [${names.join(", ")}]; got ` +
          `"${stray.run}" in example ${id}.`,
      );
    }
  }
}
