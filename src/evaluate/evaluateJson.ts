/** What `gain evaluate --json` prints: scripts rely on these names. All figures are fractions. */

import type { BlankResult } from "./blankMaps.ts";
import type { FaithfulnessFigures } from "./faithfulness/faithfulnessScore.ts";
import type { LocalizationFigures } from "./localization/localizationScore.ts";

export interface ClassificationResult {
  /** Mean of the average precisions that are not `null`. */
  readonly mAP: number;
  /** By class; `null` for a class that no picture of the split has. */
  readonly AP: Readonly<Record<string, number | null>>;
}

export interface AttentionResult {
  /** Mean intersection over union at the best threshold. */
  readonly mIoU: number;
  /** The best of `attentionThresholds`. */
  readonly threshold: number;
  readonly mIoUAtFixed: { readonly threshold: number; readonly mIoU: number };
  /** Share of the attention that falls on objects, mean over pictures. */
  readonly energy: number;
  /** At the best threshold, background first; `null` where neither truth nor maps have the class. */
  readonly IoU: Readonly<Record<string, number | null>>;
}

export interface SegmentationResult {
  /** Mean of the intersections over unions that are not `null`. */
  readonly mIoU: number;
  /** Background first; `null` where neither truth nor prediction has the class. */
  readonly IoU: Readonly<Record<string, number | null>>;
  /** Share of the pixels, void ones left out, whose label is right. */
  readonly pixelAccuracy: number;
  /** Names of the confusion matrix's rows and columns: background, then the classes. */
  readonly labels: readonly string[];
  /** Pixels by truth (rows) and prediction (columns). */
  readonly confusion: readonly (readonly number[])[];
  /** Ids of the pictures whose truth is void everywhere: they are counted and change nothing. */
  readonly voidImages: readonly string[];
  /** Whether the dense CRF refined the masks; unknown of a folder of masks. */
  readonly crf?: boolean;
  /** Ids of the pictures that cannot be read, or whose mask cannot: they are left out. */
  readonly unreadable?: readonly string[];
  /** Pictures of the split without a mask to compare with. */
  readonly withoutMask?: number;
}

export interface LocalizationResult extends LocalizationFigures {
  /** How many have a mask, and how many boxes only. */
  readonly pictures: { readonly masks: number; readonly boxes: number };
  /** `attention` of this method and layer, boxes drawn as masks; and the mIoU at every threshold. */
  readonly attention: AttentionResult & {
    readonly curve: readonly { readonly threshold: number; readonly mIoU: number }[];
  };
}

/** How good the maps of a method at a layer are. */
export interface MapsResult {
  /** A name of `camMethods`. */
  readonly method: string;
  readonly layer: string;
  /** Steps of training that the network had seen. */
  readonly step: number;
  /** Drew the pictures that were measured. */
  readonly seed: number;
  /** Of Score-CAM, if it was limited: see `ScoreCamOptions`. */
  readonly channels?: number;
  /** Pictures whose maps were made. */
  readonly pictures: number;
  /** Only where it was asked for and pictures have masks or boxes. */
  readonly localization?: LocalizationResult;
  /** Only where it was asked for. */
  readonly faithfulness?: FaithfulnessFigures;
  /** Maps that show nothing. */
  readonly blank: BlankResult;
}

export interface EvaluateJson {
  readonly split: string;
  /** Number of pictures that were measured. */
  readonly images: number;
  readonly classes: readonly string[];
  /** Not for a segmentation network, which ranks no pictures, nor where all scores are NaN. */
  readonly classification?: ClassificationResult;
  /** Only where the split has masks. */
  readonly attention?: AttentionResult;
  /** Only for a segmentation network. */
  readonly segmentation?: SegmentationResult;
  /** Only where methods, layers or measures of maps were asked for. */
  readonly maps?: readonly MapsResult[];
  /** Only where the network's scores are NaN: its weights have diverged. */
  readonly diverged?: {
    /** Such pictures; they are in no other figure. */
    readonly pictures: number;
    /** Id of the first of them. */
    readonly first: string;
  };
}
