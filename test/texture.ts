/** Pictures of which no two look alike, for tests of what `checkDataset` finds. */

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import sharp, { type Sharp } from "sharp";
import { Random } from "../src/random.ts";

/** Smooth random colours, 60x40: another seed is another picture, which no hash mistakes. */
export function texture(seed: number, width: number = 60, height: number = 40): Sharp {
  const random = new Random(seed);
  const cells = Uint8Array.from({ length: 6 * 6 * 3 }, () => random.uniform(0, 256));
  return sharp(cells, { raw: { width: 6, height: 6, channels: 3 } }).resize(width, height, {
    fit: "fill",
    kernel: "cubic",
  });
}

/** Writes a picture, with the folders above it. */
export async function writePicture(path: string, picture: Sharp): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await picture.toFile(path);
}
