/** The HTML report: one file that needs nothing else, no network either. */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { classTable } from "./classTable.ts";
import { colormapTable } from "./colormap.ts";
import { confusionSection } from "./confusionSection.ts";
import { gallery } from "./gallery.ts";
import { type Html, html, trusted } from "./html.ts";
import { lossCharts } from "./lossCharts.ts";
import { lossChartsScript } from "./lossChartsScript.ts";
import { mapsSection } from "./mapsSection.ts";
import { mistakesSection } from "./mistakes.ts";
import { pictureFilterScript } from "./pictureFilter.ts";
import type { ReportData, ReportRun } from "./reportData.ts";
import { resultsTable } from "./resultsTable.ts";
import { settingsSection } from "./settingsSection.ts";
import { spreadsOf } from "./spreads.ts";
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
  const { title, intro, runs, examples, notes = [] } = data;
  const uplot = await uplotFiles();
  const spreads = spreadsOf(runs);
  const pictures = async (): Promise<Html> =>
    section("examples", "Where each run looks", html`${attentionKey()}${await gallery(data)}`);
  const parts: readonly Part[] = [
    ["results", "Results", section("results", "Results", resultsTable(runs, spreads))],
    ["classes", "By class", section("classes", "By class", classTable(runs, spreads))],
    ["maps", "Maps by method", mapsSection(runs)],
    ["mistakes", "Mistaken tags", mistakesSection(runs)],
    ["confusion", "Confusion", confusionSection(runs)],
    ["curves", "Losses", section("curves", "Losses", lossCharts(runs))],
    ["examples", "Pictures", examples.length > 0 ? await pictures() : undefined],
    ["settings", "Settings", settingsSection(data)],
  ];
  const shown = parts.flatMap(([id, name, part]) =>
    part === undefined ? [] : [{ id, name, part }],
  );
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
<p class="facts">${measuredOn(runs)}</p>
${notes.map((note) => html`<p class="facts">${note}</p>`)}
<nav aria-label="Contents">${shown.map(({ id, name }) => html`<a href="#${id}">${name}</a>`)}</nav>
</header>
${shown.map(({ part }) => part)}
</main>
<!-- uPlot, MIT licence, copyright Leon Sorokin -->
<script>${trusted(uplot.script)}</script>
<script>${trusted(lossChartsScript)}</script>
<script>${trusted(pictureFilterScript)}</script>
</body>
</html>
`;
}

/** Id, name in the list of contents, and content; undefined where there is nothing to show. */
type Part = readonly [string, string, Html | undefined];

function section(id: string, heading: string, content: Html): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${content}</section>`;
}

/** How many pictures of which split; said once where all runs agree. */
function measuredOn(runs: readonly ReportRun[]): string {
  const facts = runs.map(
    ({ metrics: { images, split } }) => `${images} pictures of the split “${split}”`,
  );
  if (new Set(facts).size === 1) return `Measured on ${facts[0]}.`;
  return `Measured on ${runs.map(({ name }, i) => `${facts[i]} (${name})`).join(", ")}.`;
}

const attentionKey = (): Html =>
  html`<p class="note">Attention: none <span class="scale" style="background:${colorScale()}" aria-hidden="true"></span> highest in the picture.</p>`;

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
