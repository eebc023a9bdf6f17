/** Above which score a classifier is taken to have found a tag. */

import type { EvaluationRecord } from "./evaluationRecord.ts";

export interface TagThreshold {
  /** A logit; a class is found above it. */
  readonly threshold: number;
  /** At that threshold, in [0, 1]; undefined of a class that no picture has. */
  readonly f1: number | undefined;
}

/**
 * The threshold of each class with the highest F1 on the record's own pictures, half-way between two
 * neighbouring scores; of equals the highest. 0, a probability of one half, where no picture has the class.
 *
 *   F1 = 2 tp / (2 tp + fp + fn)        (van Rijsbergen 1979)
 */
export function tagThresholds({
  classes,
  pictures,
}: Pick<EvaluationRecord, "classes" | "pictures">): TagThreshold[] {
  return classes.map((_, c) => {
    const scored = pictures.flatMap(({ logits, tags }) =>
      logits === undefined ? [] : [{ score: logits[c], isPositive: tags.includes(c) }],
    );
    scored.sort((a, b) => b.score - a.score);
    const positives = scored.filter(({ isPositive }) => isPositive).length;
    if (positives === 0) return { threshold: 0, f1: undefined };
    let best = { threshold: 0, f1: -1 };
    let hits = 0;
    for (const [i, { score, isPositive }] of scored.entries()) {
      if (isPositive) hits++;
      const next = scored[i + 1]?.score ?? score - 2;
      // Equal scores are found together.
      if (next === score) continue;
      const f1 = (2 * hits) / (i + 1 + positives);
      if (f1 > best.f1) best = { threshold: (score + next) / 2, f1 };
    }
    return best;
  });
}
