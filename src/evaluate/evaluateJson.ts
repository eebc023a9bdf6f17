/** What `gain evaluate --json` prints: scripts rely on these names. All figures are fractions. */

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
  readonly mIoU: number;
  readonly IoU: Readonly<Record<string, number | null>>;
}

export interface EvaluateJson {
  readonly split: string;
  /** Number of pictures that were measured. */
  readonly images: number;
  readonly classes: readonly string[];
  readonly classification: ClassificationResult;
  /** Only where the split has masks. */
  readonly attention?: AttentionResult;
  /** Only for a segmentation network. */
  readonly segmentation?: SegmentationResult;
}
