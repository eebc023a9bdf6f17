/** Measures a set of cues on the masks of a data set. */

import { type Dataset, decodeMask, ignoreLabel, resampleMask } from "../data/index.ts";
import { mapLimited } from "../data/mapLimited.ts";
import type { CueSet } from "../sec/cueSet.ts";
import { type CueQuality, CueScore } from "./cueScore.ts";

/** Masks that are decoded at a time. */
const masksAtATime = 4;

/**
 * The cues of the training pictures against their masks; undefined if none has a mask that can be
 * read.
 *
 * @param cues  With the data set's classes, as `cuesFor` gives them.
 */
export async function scoreCues(
  { classes, maskLabels, splits }: Dataset,
  { size, grids }: CueSet,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CueQuality | undefined> {
  const score = new CueScore(classes);
  await mapLimited(splits.train, masksAtATime, async ({ id, mask: path }) => {
    signal?.throwIfAborted();
    const grid = grids.get(id);
    if (grid === undefined || path === undefined) return;
    // What is wrong with a mask is for gain check to tell: cues do not need it.
    const mask = await decodeMask(path, maskLabels).catch(() => undefined);
    if (mask === undefined) return;
    const truth = resampleMask(mask, size, size).labels;
    if (truth.some((label) => label !== ignoreLabel)) score.add(grid, truth);
  });
  return score.images === 0 ? undefined : score.result();
}
