/** The pictures of a report: each beside its truth and one attention overlay per run and tag. */

import type { LabelMap } from "../data/mask.ts";
import { ignoreLabel } from "../data/types.ts";
import { vocPalette } from "../data/vocPalette.ts";
import { type Finding, findingsOf, isRight } from "./findings.ts";
import { type Html, html } from "./html.ts";
import { pictureDataUri, type RgbImage } from "./image.ts";
import { maskPicture } from "./maskPicture.ts";
import { overlay } from "./overlay.ts";
import { type PictureFacts, pictureFilter } from "./pictureFilter.ts";
import type { ReportData, ReportExample } from "./reportData.ts";

/** Characters of the pictures' markup beyond which they are made smaller. */
const budget = 4_200_000;

/** Longest sides that are tried in turn, pixels. */
const sides = [320, 240, 176, 128] as const;

/** What all examples have in common. */
interface Setting {
  /** Names of the runs that drew a map anywhere. */
  readonly drawn: readonly string[];
  readonly classes: readonly string[];
  /** By run, then by picture. */
  readonly findings: ReadonlyMap<string, ReadonlyMap<string, Finding>>;
}

/**
 * One block per example, small enough for all of them together, below controls that choose among them.
 * Files are encoded one after the other: memory stays small.
 */
export async function gallery({ examples, runs }: ReportData): Promise<Html> {
  // A run that drew no map anywhere, such as a segmentation network, has no column.
  const mapped = new Set(examples.flatMap(({ maps }) => maps.map(({ run }) => run)));
  const setting: Setting = {
    drawn: runs.map(({ name }) => name).filter((name) => mapped.has(name)),
    classes: runs[0].metrics.classes,
    findings: new Map(runs.map((run) => [run.name, findingsOf(run)])),
  };
  const facts = examples.map((example) => factsOf(example, setting));
  return html`${pictureFilter(facts)}
<div id="pictures">${await blocksOf(examples, facts, setting)}</div>`;
}

/** The blocks, at the largest size at which they fit the budget, or at the smallest. */
async function blocksOf(
  examples: readonly ReportExample[],
  facts: readonly PictureFacts[],
  setting: Setting,
): Promise<readonly Html[]> {
  const smallest = sides[sides.length - 1];
  for (const side of sides) {
    const blocks: Html[] = [];
    let size = 0;
    for (const [n, example] of examples.entries()) {
      const block = await exampleBlock(example, facts[n], { ...setting, side });
      size += block.markup.length;
      if (size > budget && side > smallest) break;
      blocks.push(block);
    }
    if (blocks.length === examples.length) return blocks;
  }
  return [];
}

type Shown = Setting & {
  /** Longest side of a picture, pixels. */
  readonly side: number;
};

async function exampleBlock(
  example: ReportExample,
  facts: PictureFacts,
  shown: Shown,
): Promise<Html> {
  const { id, tags, picture, truth, panels = [], lists = [] } = example;
  const { classes, side } = shown;
  const named = tags.length > 0 ? tags.join(", ") : "no tags";
  const figures = [await figure(picture, side, `Picture ${id}: ${named}`, html`picture`)];
  if (truth) {
    const objects = labelsOf(truth);
    const alt = `Truth of ${id}: ${objects.map((label) => nameOf(label, classes)).join(", ")}`;
    const caption = truthCaption(objects, classes);
    figures.push(await figure(maskPicture(picture, truth), side, alt, caption));
  }
  for (const { title, picture: panel, run } of panels) {
    const finding = run === undefined ? undefined : shown.findings.get(run)?.get(id);
    const caption = html`${title}${finding && iouText(finding)}`;
    figures.push(await figure(panel, side, `${title} of ${id}`, caption));
  }
  const lead = figures.length;
  figures.push(...(await attentionFigures(example, shown)));
  const reasons = lists.flatMap(({ list, reason }) =>
    reason === undefined ? [] : [html`<li><b>${list}</b> ${reason}</li>`],
  );
  return html`<article class="example" data-picture="${JSON.stringify(facts)}">
<h3>${id} <span class="tags">${tags.map((tag) => html`<span>${tag}</span>`)}</span></h3>
${reasons.length > 0 ? html`<ul class="reasons">${reasons}</ul>` : undefined}
<div class="strip" style="--lead:${lead};--runs:${shown.drawn.length}">${figures}</div>
</article>`;
}

/** A row of figures for each tag, a figure for each run. */
async function attentionFigures(
  { id, picture, maps }: ReportExample,
  { drawn, findings, side }: Shown,
): Promise<Html[]> {
  const figures: Html[] = [];
  const tagsShown = [...new Set(maps.map(({ tag }) => tag))];
  for (const [row, tag] of tagsShown.entries()) {
    for (const [i, run] of drawn.entries()) {
      const map = maps.find((candidate) => candidate.run === run && candidate.tag === tag);
      const place = i === 0 ? "first" : undefined;
      const what = tag === undefined ? run : `${run}: ${tag}`;
      if (map) {
        const alt = `Attention of run ${run} on ${id}${tag === undefined ? "" : `, for ${tag}`}`;
        const finding = findings.get(run)?.get(id);
        const blank = map.map.every((value) => value === 0) ? " (blank)" : "";
        const caption = html`${what}${blank}${finding && findingText(finding, tag, row === 0)}`;
        figures.push(await figure(overlay(picture, map), side, alt, caption, place));
      } else {
        figures.push(
          html`<figure class="none ${place}"><figcaption>${what}: no map</figcaption></figure>`,
        );
      }
    }
  }
  return figures;
}

/** What a run found: of one tag, or of all; what is said of the whole picture stands in the first row. */
function findingText(finding: Finding, tag: string | undefined, isFirst: boolean): Html {
  const own = [...finding.tags].filter(([name]) => tag === undefined || name === tag);
  const found = own.map(([, { probability, isFound }]) => {
    const share = (100 * probability).toFixed(0);
    return isFound
      ? html`<span class="found">✓ found (${share} %)</span>`
      : html`<span class="missed">✗ missed (${share} %)</span>`;
  });
  const { falselyFound } = finding;
  const stray = html`<span class="missed">✗ also found: ${falselyFound.join(", ")}</span>`;
  return html`${found}${isFirst && falselyFound.length > 0 ? stray : undefined}${isFirst ? iouText(finding) : undefined}`;
}

const iouText = ({ iou }: Finding): Html | undefined =>
  iou === undefined
    ? undefined
    : html`<span class="iou">IoU ${(100 * iou).toFixed(0)}\u00a0%</span>`;

/** What the controls choose by. */
function factsOf({ id, tags, lists = [] }: ReportExample, { findings }: Setting): PictureFacts {
  const verdicts = [...findings].flatMap(([run, found]) => {
    const finding = found.get(id);
    const verdict = finding && isRight(finding);
    return verdict === undefined ? [] : [[run, verdict] as const];
  });
  return {
    id,
    tags,
    lists: Object.fromEntries(lists.map(({ list, rank }) => [list, rank])),
    verdicts: Object.fromEntries(verdicts),
  };
}

async function figure(
  image: RgbImage,
  side: number,
  alt: string,
  caption: Html,
  className?: string,
): Promise<Html> {
  const source = await pictureDataUri(image, side);
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
