/** VOC's `Annotations/<id>.xml` as a text; `formats/vocBoxes.ts` reads it. */

import { XMLBuilder } from "fast-xml-parser";
import type { Box } from "./types.ts";

export interface VocAnnotation {
  /** Name of the picture's file. */
  readonly fileName: string;
  /** Of the upright picture, pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether the picture has a mask. */
  readonly isSegmented: boolean;
  /** In pixels. */
  readonly boxes: readonly Box[];
}

/** Corners count from 1, and the last pixel is inside: left is xmin - 1, right is xmax; to 1e-6 pixels. */
export function vocAnnotationText(
  { fileName, width, height, isSegmented, boxes }: VocAnnotation,
  classes: readonly string[],
): string {
  return new XMLBuilder({ format: true, indentBy: "\t" }).build({
    annotation: {
      folder: "VOC",
      filename: fileName,
      size: { width, height, depth: 3 },
      segmented: isSegmented ? 1 : 0,
      object: boxes.map(({ classIndex, left, top, right, bottom }) => ({
        name: classes[classIndex],
        pose: "Unspecified",
        truncated: 0,
        difficult: 0,
        bndbox: {
          xmin: rounded(left + 1),
          ymin: rounded(top + 1),
          // The last pixel is at least the first.
          xmax: rounded(Math.max(left + 1, right)),
          ymax: rounded(Math.max(top + 1, bottom)),
        },
      })),
    },
  });
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}
