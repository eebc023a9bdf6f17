/** From cues to masks: SEC's losses and training step. */
export {
  backgroundFromAttention,
  backgroundFromSaliency,
  type Claim,
  cueGrid,
  defaultCueSize,
  foregroundCells,
  noCue,
  type Planes,
  planeOnGrid,
} from "./cueGrid.ts";
export { type CueCounts, type CueSet, countCues, countLabels } from "./cueSet.ts";
export {
  constrainLoss,
  type ExpandOptions,
  expandLoss,
  globalWeightedRankPool,
  secProbabilities,
  seedLoss,
} from "./losses.ts";
export { type SecBatch, type SecInputs, type SecOptions, type SecStep, secStep } from "./step.ts";
