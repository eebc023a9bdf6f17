/** Boxes in pixels, whatever unit their file has them in. */

import type { Box } from "./types.ts";

/** Boxes in pixels of a picture of this size. */
export function pixelBoxes(
  boxes: readonly Box[],
  { width, height }: { readonly width: number; readonly height: number },
): Box[] {
  return boxes.map(({ unit, classIndex, left, top, right, bottom }) => {
    const [x, y] = unit === "share" ? [width, height] : [1, 1];
    return { classIndex, left: left * x, top: top * y, right: right * x, bottom: bottom * y };
  });
}
