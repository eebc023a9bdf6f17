/** Boxes: read from where they are, and in pixels, whatever unit their file has them in. */

import { readVocBoxes } from "./formats/vocBoxes.ts";
import { mapLimited } from "./mapLimited.ts";
import type { Box, BoxSource, Sample } from "./types.ts";

/**
 * A picture's boxes, from its file if that was not read yet; undefined where there are none.
 *
 * @throws {DataError} When the file cannot be read, or is malformed.
 */
export async function readBoxes({
  boxes,
}: {
  readonly boxes?: BoxSource | undefined;
}): Promise<readonly Box[] | undefined> {
  if (boxes === undefined) return undefined;
  const found = "file" in boxes ? await readVocBoxes(boxes) : boxes;
  return found.length > 0 ? found : undefined;
}

/**
 * The pictures with their boxes read: what is wrong with a file is told now, not when work is under way.
 *
 * @throws {DataError} When a file cannot be read, or is malformed.
 */
export function withBoxes(samples: readonly Sample[]): Promise<Sample[]> {
  return mapLimited(samples, filesAtATime, async (sample) => {
    const { boxes: _, ...rest } = sample;
    const boxes = await readBoxes(sample);
    return { ...rest, ...(boxes && { boxes }) };
  });
}

const filesAtATime = 16;

/** Whether a picture has boxes, as far as is known before its file is read. */
export function mayHaveBoxes({ boxes }: Pick<Sample, "boxes">): boolean {
  return boxes !== undefined && ("file" in boxes || boxes.length > 0);
}

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
