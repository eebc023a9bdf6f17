/** Figures as people read them. */

import type { EvaluateJson } from "../evaluate/evaluateJson.ts";
import { inPercent } from "../inPercent.ts";

/** 0.8273 as "82.7 %". */
export const percent = (share: number): string => `${inPercent(share)} %`;

/** Seconds as "1 h 5 min", "3 min 20 s" or "12 s". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** An evaluation in one line. */
export function evaluationLine({
  split,
  images,
  classification,
  attention,
  segmentation,
  diverged,
}: EvaluateJson): string {
  if (images === 0 && diverged) return `${split}: all scores are NaN, so nothing is measured`;
  if (images === 0) return `${split}: no masks, so nothing is measured`;
  const parts = [`${split}: ${images} pictures`];
  if (classification !== undefined) {
    parts.push(
      `mAP ${percent(classification.mAP)}`,
      attention === undefined
        ? "no masks, so no attention figures"
        : `attention mIoU ${percent(attention.mIoU)} (threshold ${attention.threshold.toFixed(2)}), energy ${percent(attention.energy)}`,
    );
  }
  if (segmentation !== undefined) {
    const refined =
      segmentation.crf === undefined ? "" : segmentation.crf ? " with CRF" : " without CRF";
    parts.push(`segmentation mIoU ${percent(segmentation.mIoU)}${refined}`);
  }
  return parts.join(", ");
}
