import type { RgbImage } from "./image.ts";

/** The picture's bytes, half-way to grey and darker, so that colours drawn over it stand out. */
export function fade({ pixels }: RgbImage): Uint8Array {
  const faded = new Uint8Array(pixels.length);
  for (let p = 0; p < pixels.length; p += 3) {
    // Luma of ITU-R BT.601.
    const luma = 0.299 * pixels[p] + 0.587 * pixels[p + 1] + 0.114 * pixels[p + 2];
    for (let channel = 0; channel < 3; channel++) {
      faded[p + channel] = Math.round(0.75 * (0.5 * pixels[p + channel] + 0.5 * luma));
    }
  }
  return faded;
}
