/** Which tags a classifier misses, and which it finds instead. */

import type { EvaluationRecord } from "../evaluate/record/evaluationRecord.ts";
import { foundTags } from "../evaluate/record/pictureFigures.ts";
import { type TagThreshold, tagThresholds } from "../evaluate/record/tagThresholds.ts";
import { type Html, html } from "./html.ts";
import type { ReportRun } from "./reportData.ts";

/** One tag's mistakes, in pictures. */
export interface TagMistakes extends TagThreshold {
  readonly name: string;
  /** That have the tag. */
  readonly pictures: number;
  /** That have it, and it is not found. */
  readonly missed: number;
  /** By class: how many of the missed ones have that class found falsely. */
  readonly foundInstead: readonly number[];
  /** Missed ones in which nothing is found falsely. */
  readonly nothingInstead: number;
  /** That do not have it, and it is found. */
  readonly falselyFound: number;
}

/**
 * Counts the mistakes of a classifier at the thresholds of `tagThresholds`; a picture with several may
 * count in several places.
 */
export function countMistakes(
  record: Pick<EvaluationRecord, "classes" | "pictures">,
): TagMistakes[] {
  const { classes, pictures } = record;
  const chosen = tagThresholds(record);
  const thresholds = chosen.map(({ threshold }) => threshold);
  const looked = pictures.flatMap((picture) => {
    if (picture.logits === undefined) return [];
    const { tags } = picture;
    const found = foundTags(picture, thresholds);
    return [{ tags, found, stray: found.filter((c) => !tags.includes(c)) }];
  });
  return classes.map((name, c) => {
    const having = looked.filter(({ tags }) => tags.includes(c));
    const missed = having.filter(({ found }) => !found.includes(c));
    return {
      name,
      ...chosen[c],
      pictures: having.length,
      missed: missed.length,
      foundInstead: classes.map((_, o) => missed.filter(({ stray }) => stray.includes(o)).length),
      nothingInstead: missed.filter(({ stray }) => stray.length === 0).length,
      falselyFound: looked.filter(({ stray }) => stray.includes(c)).length,
    };
  });
}

/** A table per classifier; undefined where no run has a record of one. */
export function mistakesSection(runs: readonly ReportRun[]): Html | undefined {
  const tables = runs.flatMap(({ name, record }) =>
    record?.pictures.some(({ logits }) => logits !== undefined)
      ? [mistakesTable(name, countMistakes(record), runs.length > 1)]
      : [],
  );
  if (tables.length === 0) return undefined;
  return html`<section aria-labelledby="mistakes"><h2 id="mistakes">Mistaken tags</h2>
<p class="note">In pictures. A tag is found where its score is above the threshold with the highest F1 on these same pictures. Rows: the tag is missed, and what is found falsely in the same picture instead. “Falsely found” counts all pictures without the tag.</p>
<div class="mistakes">${tables}</div></section>`;
}

function mistakesTable(run: string, mistakes: readonly TagMistakes[], isNamed: boolean): Html {
  const most = Math.max(1, ...mistakes.flatMap(({ foundInstead }) => foundInstead));
  const rows = mistakes.map(
    ({ name, f1, pictures, missed, foundInstead, nothingInstead, falselyFound }, row) =>
      html`<tr><th scope="row">${name}</th><td>${f1 === undefined ? "–" : (100 * f1).toFixed(1)}</td><td>${missed} <small>of ${pictures}</small></td>${foundInstead.map(
        (count, c) =>
          c === row
            ? html`<td class="same"><span aria-hidden="true">·</span></td>`
            : html`<td class="heat" style="--heat:${Math.round(70 * Math.sqrt(count / most))}%">${count === 0 ? "" : count}</td>`,
      )}<td class="edge">${nothingInstead}</td><td class="edge">${falselyFound}</td></tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Mistaken tags of ${run}">
<table class="confused">${isNamed ? html`<caption>${run}</caption>` : undefined}
<thead><tr><td></td><td></td><td></td><th scope="colgroup" class="edge" colspan="${mistakes.length}">found instead</th><td class="edge"></td><td class="edge"></td></tr>
<tr><th scope="col">Tag</th><th scope="col">F1, %</th><th scope="col">missed</th>${mistakes.map(
    ({ name }) => html`<th scope="col" class="upright"><span>${name}</span></th>`,
  )}<th scope="col" class="edge">nothing<br>instead</th><th scope="col" class="edge">falsely<br>found</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
