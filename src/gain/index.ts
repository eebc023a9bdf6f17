/** The paper: guided attention inference networks. */
export {
  type Attention,
  attend,
  attendViews,
  type GradientView,
  stackMaps,
  type Views,
} from "./attend.ts";
export { attentionFeatures, attentionMap, normalizeMap, type SpatialLayer } from "./attention.ts";
export {
  type CamMethod,
  camMethodNames,
  camMethods,
  type GradientCamMethod,
  isCamMethod,
  isGradientCam,
} from "./camMethods.ts";
export { type BatchShape, type GuidedInputs, type GuidedStep, guide } from "./guide.ts";
export {
  attentionMiningLoss,
  classificationLoss,
  counterfactualLoss,
  extraSupervisionLoss,
  hideAttended,
} from "./losses.ts";
export {
  defaultMiningWeight,
  type Guidance,
  type GuidanceOptions,
  guidanceDefaults,
  hasMining,
  paperGuidance,
  type ResolvedGuidance,
} from "./options.ts";
export { saliency, saliencyLayerOf } from "./saliency.ts";
export { maskedLogits, scoreCamMaps, scoredChannels } from "./scoreCam.ts";
