/** The paper: guided attention inference networks. */
export { type Attention, attend } from "./attend.ts";
export { attentionFeatures, attentionMap, normalizeMap, type SpatialLayer } from "./attention.ts";
export { type BatchShape, type GuidedInputs, type GuidedStep, guide } from "./guide.ts";
export {
  attentionMiningLoss,
  classificationLoss,
  extraSupervisionLoss,
  hideAttended,
} from "./losses.ts";
export {
  type Guidance,
  type GuidanceOptions,
  guidanceDefaults,
  type ResolvedGuidance,
} from "./options.ts";
export { saliency, saliencyLayerOf } from "./saliency.ts";
