/** The pictures of a report: each beside its truth and one attention overlay per run and tag. */

import type { LabelMap } from "../data/mask.ts";
import { ignoreLabel } from "../data/types.ts";
import { vocPalette } from "../data/vocPalette.ts";
import { type Html, html } from "./html.ts";
import { jpegDataUri, type RgbImage } from "./image.ts";
import { maskPicture } from "./maskPicture.ts";
import { overlay } from "./overlay.ts";
import type { ReportData, ReportExample } from "./reportData.ts";

/** One block per example. Files are encoded one after the other: memory stays small. */
export async function gallery({ examples, runs }: ReportData): Promise<Html> {
  // A run that drew no map anywhere, such as a segmentation network, has no column.
  const drawn = new Set(examples.flatMap(({ maps }) => maps.map(({ run }) => run)));
  const runNames = runs.map(({ name }) => name).filter((name) => drawn.has(name));
  const classes = runs[0].metrics.classes;
  const blocks: Html[] = [];
  for (const example of examples) blocks.push(await exampleBlock(example, runNames, classes));
  return html`${blocks}`;
}

async function exampleBlock(
  { id, tags, picture, truth, maps, panels = [] }: ReportExample,
  runNames: readonly string[],
  classes: readonly string[],
): Promise<Html> {
  const named = tags.length > 0 ? tags.join(", ") : "no tags";
  const figures = [await figure(picture, `Picture ${id}: ${named}`, html`picture`)];
  if (truth) {
    const objects = labelsOf(truth);
    const alt = `Truth of ${id}: ${objects.map((label) => nameOf(label, classes)).join(", ")}`;
    figures.push(await figure(maskPicture(picture, truth), alt, truthCaption(objects, classes)));
  }
  for (const { title, picture: panel } of panels) {
    figures.push(await figure(panel, `${title} of ${id}`, html`${title}`));
  }
  const lead = figures.length;
  const tagsShown = [...new Set(maps.map(({ tag }) => tag))];
  for (const tag of tagsShown) {
    for (const [i, run] of runNames.entries()) {
      const map = maps.find((candidate) => candidate.run === run && candidate.tag === tag);
      const place = i === 0 ? "first" : undefined;
      const what = tag === undefined ? run : `${run}: ${tag}`;
      if (map) {
        const alt = `Attention of run ${run} on ${id}${tag === undefined ? "" : `, for ${tag}`}`;
        figures.push(await figure(overlay(picture, map), alt, html`${what}`, place));
      } else {
        figures.push(
          html`<figure class="none ${place}"><figcaption>${what}: no map</figcaption></figure>`,
        );
      }
    }
  }
  return html`<article class="example">
<h3>${id} <span class="tags">${tags.map((tag) => html`<span>${tag}</span>`)}</span></h3>
<div class="strip" style="--lead:${lead};--runs:${runNames.length}">${figures}</div>
</article>`;
}

async function figure(
  image: RgbImage,
  alt: string,
  caption: Html,
  className?: string,
): Promise<Html> {
  const source = await jpegDataUri(image);
  return html`<figure class="${className}"><img src="${source}" width="${image.width}" height="${image.height}" alt="${alt}" decoding="async"><figcaption>${caption}</figcaption></figure>`;
}

/** The objects' names with their colours in the mask. */
function truthCaption(objects: readonly number[], classes: readonly string[]): Html {
  if (objects.length === 0) return html`truth: background`;
  const palette = vocPalette();
  return html`truth: ${objects.map((label, i) => {
    const comma = i + 1 < objects.length ? "," : "";
    return html`<span class="object"><i style="background:rgb(${palette.subarray(3 * label, 3 * label + 3).join(" ")})"></i>${nameOf(label, classes)}${comma}</span>`;
  })}`;
}

/** Labels of objects in ascending order, void left out. */
function labelsOf({ labels }: LabelMap): number[] {
  return [...new Set(labels)]
    .filter((label) => label > 0 && label < ignoreLabel)
    .sort((a, b) => a - b);
}

function nameOf(label: number, classes: readonly string[]): string {
  return classes[label - 1] ?? `label ${label}`;
}
