/** Controls that choose among the pictures of a report, and the script that obeys them. */

import { listOrder } from "./choosePictures.ts";
import { type Html, html, jsonForScript } from "./html.ts";

/** What the controls choose by. */
export interface PictureFacts {
  readonly id: string;
  readonly tags: readonly string[];
  /** Its place in each list that it is in. */
  readonly lists: Readonly<Record<string, number>>;
  /** By run: whether it finds the picture's tags and no other. */
  readonly verdicts: Readonly<Record<string, boolean>>;
}

/**
 * Lists, class, verdict and name. Without the script they stay hidden and all pictures are shown, as on
 * paper; undefined where there is nothing to choose.
 */
export function pictureFilter(pictures: readonly PictureFacts[]): Html | undefined {
  if (pictures.length < 2) return undefined;
  const lists = listOrder.filter((list) => pictures.some((picture) => list in picture.lists));
  const tags = [...new Set(pictures.flatMap((picture) => picture.tags))].sort();
  const judges = [...new Set(pictures.flatMap(({ verdicts }) => Object.keys(verdicts)))];
  const choices = [
    radio("", `All (${pictures.length})`, true),
    ...lists.map((list) =>
      radio(list, `${list} (${pictures.filter((picture) => list in picture.lists).length})`),
    ),
  ];
  return html`<form class="filter" id="filter" aria-label="Choose pictures" hidden>
${lists.length > 1 ? html`<fieldset><legend class="hidden">List</legend>${choices}</fieldset>` : undefined}
<div class="fields">
<label>Class <select name="tag"><option value="">all</option>${tags.map(
    (tag) => html`<option value="${tag}">${tag}</option>`,
  )}</select></label>
${judges.length > 0 ? verdictSelect(judges) : undefined}
<label>Name <input type="search" name="id" placeholder="part of a name" autocomplete="off" spellcheck="false"></label>
<button type="reset">Show all</button>
<output name="count" aria-live="polite"></output>
</div>
<script type="application/json" id="judges">${jsonForScript(judges)}</script>
</form>`;
}

function radio(value: string, label: string, isChecked = false): Html {
  return html`<label><input type="radio" name="list" value="${value}"${isChecked ? html` checked` : undefined}><span>${label}</span></label>`;
}

function verdictSelect(judges: readonly string[]): Html {
  const isOne = judges.length === 1;
  const each = judges.map(
    (name, i) =>
      html`<option value="right ${i}">right by ${name}</option><option value="wrong ${i}">wrong by ${name}</option>`,
  );
  return html`<label>Tags <select name="verdict"><option value="">right or wrong</option>
<option value="right">right${isOne ? "" : " by all runs"}</option>
<option value="wrong">wrong${isOne ? "" : " by some run"}</option>
${isOne ? undefined : each}</select></label>`;
}

/** Shows the pictures that fit, those of a list in its order. */
export const pictureFilterScript: string = `
"use strict";
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const parent = document.getElementById("pictures");
  const judges = JSON.parse(document.getElementById("judges").textContent);
  const pictures = [...parent.children].map((element, place) => ({
    element,
    place,
    facts: JSON.parse(element.dataset.picture),
  }));
  const hasVerdict = ({ verdicts }, wanted) => {
    const [kind, run] = wanted.split(" ");
    const isRight = kind === "right";
    if (run !== undefined) return verdicts[judges[run]] === isRight;
    const all = Object.values(verdicts);
    return all.length > 0 && all.every(Boolean) === isRight;
  };
  const apply = () => {
    const data = new FormData(form);
    const [list, tag, verdict, id] = ["list", "tag", "verdict", "id"].map((name) => data.get(name) || "");
    const part = id.trim().toLowerCase();
    const fits = ({ facts }) => (!list || list in facts.lists) &&
      (!tag || facts.tags.includes(tag)) &&
      (!verdict || hasVerdict(facts, verdict)) &&
      facts.id.toLowerCase().includes(part);
    const rank = ({ facts }) => (list in facts.lists ? facts.lists[list] : pictures.length);
    const sorted = [...pictures].sort((a, b) => rank(a) - rank(b) || a.place - b.place);
    let shown = 0;
    for (const picture of sorted) {
      const isShown = fits(picture);
      picture.element.hidden = !isShown;
      parent.append(picture.element);
      if (isShown) shown++;
    }
    form.elements.count.textContent =
      shown === 0 ? "No picture fits." : shown + " of " + pictures.length + " pictures";
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  form.hidden = false;
  apply();
})();
`;
