/**
 * What the paper fixes and what it leaves open (Li, Wu, Peng, Ernst & Fu, "Tell Me Where to
 * Look: Guided Attention Inference Network", CVPR 2018; arXiv 1802.10171).
 */

/** none: classification only. self: L_self, eq. 6. extra: L_ext, eq. 8. */
export type Guidance = "none" | "self" | "extra";

export interface GuidanceOptions {
  readonly guidance: Guidance;
  /** Layer of the attention maps; the model's last convolution by default. */
  readonly layer?: string;
  /** α of eq. 6 and 8, weight of the attention mining loss; `defaultMiningWeight`, the paper's is 1. */
  readonly miningWeight?: number;
  /** ω of eq. 8, weight of the extra supervision; 1, the paper's is 10. */
  readonly extraWeight?: number;
  /** Weight of the classification loss of images with masks, a second look at them; 0. */
  readonly extraClassificationWeight?: number;
  /**
   * γ, weight of L_cf, which the paper does not have: with "extra", the object alone keeps its class
   * and the picture without it loses it; 0. It helps where training data are biased, and costs
   * accuracy where they are not (docs/results.md).
   */
  readonly counterfactualWeight?: number;

  // Where the paper is silent:

  /** σ of eq. 4, threshold of the soft mask, in units of the normalised map; 0.5. */
  readonly sigma?: number;
  /** ω of eq. 4, slope of the soft mask; 10. */
  readonly slope?: number;
  /** How a map is scaled before the mask and the extra supervision; "max": by its maximum. */
  readonly normalization?: "max" | "minmax" | "none";
  /**
   * Whether gradients flow through the extrema of the normalisation; false. Where they do, the
   * losses can move the whole map by its peak alone, and the maps are worse (docs/results.md).
   */
  readonly normalizationGradient?: boolean;
  /** Whether gradients flow through Grad-CAM's weights, which takes second-order terms; true. */
  readonly weightGradient?: boolean;
  /** s^c of eq. 5; "sigmoid". */
  readonly miningScore?: "sigmoid" | "softmax" | "logit";
  /**
   * What the mining loss trains: "all" of the network, or its "attention" only, through the map; the
   * network that sees the masked image is then held constant, and cannot learn to know the mask. "all".
   */
  readonly miningTrains?: "all" | "attention";
  /** Share of a batch whose images are masked and seen again; 1. */
  readonly maskedShare?: number;
  /** One class of each image, drawn at each step, or all of them; "one". */
  readonly classesPerImage?: "one" | "all";
}

/**
 * α where it is not given. With masks the mining loss costs more of the classification than it adds
 * to the attention (docs/results.md, "What guidance costs").
 */
export const defaultMiningWeight = {
  none: 0,
  self: 0.1,
  extra: 0,
} as const satisfies Record<Guidance, number>;

/**
 * Measured on photographs (docs/results.md, "What guidance costs"): the most attention mIoU for a
 * point of mAP at most.
 */
export const guidanceDefaults = {
  extraWeight: 1,
  extraClassificationWeight: 0,
  counterfactualWeight: 0,
  sigma: 0.5,
  slope: 10,
  normalization: "max",
  normalizationGradient: false,
  weightGradient: true,
  miningScore: "sigmoid",
  miningTrains: "all",
  maskedShare: 1,
  classesPerImage: "one",
} as const satisfies Omit<GuidanceOptions, "guidance">;

/** The paper's weights; where it is silent, as the plain PyTorch implementation that is compared with. */
export const paperGuidance = {
  ...guidanceDefaults,
  miningWeight: 1,
  extraWeight: 10,
  extraClassificationWeight: 0.25,
  normalizationGradient: true,
} as const satisfies Omit<GuidanceOptions, "guidance">;

/** Options with nothing left open but the layer. */
export type ResolvedGuidance = Required<Omit<GuidanceOptions, "layer">> &
  Pick<GuidanceOptions, "layer">;

/** The options with their defaults. */
export const resolveGuidance = (options: GuidanceOptions): ResolvedGuidance => ({
  ...guidanceDefaults,
  miningWeight: defaultMiningWeight[options.guidance],
  ...options,
});

/** Whether the attention mining loss counts. */
export const hasMining = (options: GuidanceOptions): boolean =>
  options.guidance !== "none" && resolveGuidance(options).miningWeight !== 0;
