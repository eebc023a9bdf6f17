/** What is wrong with maps, and what helps, in words. */

import type { MapsResult } from "../evaluate/evaluateJson.ts";
import { viewName } from "./mapMeasures.ts";

/** A line for each method and layer whose maps show nothing, or are no numbers. */
export function blankNotes(results: readonly MapsResult[]): string[] {
  return results.flatMap((maps) => {
    const { blank } = maps;
    const notes: string[] = [];
    if (blank.firstNotFinite !== null) {
      const { id, class: name } = blank.firstNotFinite;
      notes.push(
        `${viewName(maps)}: ${blank.notFinite} of ${blank.maps} maps are NaN or infinite, first ${name} in ${id}: the weights have diverged. Train anew with a lower learningRate.`,
      );
    }
    if (blank.firstBlank !== null) {
      const { id, class: name } = blank.firstBlank;
      notes.push(
        `${viewName(maps)}: ${blank.blank} of ${blank.maps} maps are blank (${byClass(maps)}), first ${name} in ${id}. ${causeOf(maps)}`,
      );
    }
    return notes;
  });
}

/** Why maps are blank, as far as the scores tell. */
function causeOf({ method, layer, blank: { meanScoreOfBlank } }: MapsResult): string {
  const score = meanScoreOfBlank ?? 0;
  const why =
    score < 0
      ? `Their classes' mean score is ${score.toFixed(1)}: the network does not see the class, and nothing at ${layer} speaks for it`
      : `Though their classes' mean score is ${score.toFixed(1)}, the layer ${layer} as a whole speaks against them: the evidence lies in the biases, or elsewhere in the network`;
  const cure =
    method === "layer-cam" ? "" : " or --methods layer-cam, which weighs each place alone";
  return `${why}. Try another layer (--layers; gain layers lists those of a file)${cure}.`;
}

function byClass({ blank: { perClass } }: MapsResult): string {
  const counts = Object.entries(perClass).filter(([, { blank }]) => blank > 0);
  const shown = counts.sort(([, a], [, b]) => b.blank - a.blank).slice(0, 5);
  const rest = counts.length - shown.length;
  const texts = shown.map(([name, { blank, maps }]) => `${name} ${blank} of ${maps}`);
  return [...texts, ...(rest > 0 ? [`${rest} classes more`] : [])].join(", ");
}
