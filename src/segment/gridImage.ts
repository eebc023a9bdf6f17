/** The picture that the training CRF sees. */
import type { Preprocessing } from "../data/index.ts";

/**
 * RGB bytes at the places of the score map, taken back from a preprocessed image: places are aligned
 * at the ends, so that 41 places of 321 pixels are every eighth pixel (SEC's `zoom`, order 1).
 *
 * @param image  Preprocessed, [3, size, size], planes in the order of `channels`.
 * @returns      [places, places, 3].
 */
export function gridImage(
  image: Float32Array,
  size: number,
  places: number,
  { channels, mean, deviation }: Preprocessing,
): Uint8Array {
  const step = places === 1 ? 0 : (size - 1) / (places - 1);
  const pixels = new Uint8Array(places * places * 3);
  for (let plane = 0; plane < 3; plane++) {
    const channel = channels === "rgb" ? plane : 2 - plane;
    const start = plane * size * size;
    for (let y = 0; y < places; y++) {
      const row = start + Math.round(y * step) * size;
      for (let x = 0; x < places; x++) {
        const value = image[row + Math.round(x * step)] * deviation[plane] + mean[plane];
        pixels[3 * (y * places + x) + channel] = Math.min(Math.max(Math.round(value), 0), 255);
      }
    }
  }
  return pixels;
}
