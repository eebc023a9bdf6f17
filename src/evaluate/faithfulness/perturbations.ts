/** A picture as measures of faithfulness change it: pixel by pixel, in a map's order. */
import type { Preprocessing } from "../../nn/index.ts";
import { torchvisionPreprocessing } from "../../nn/index.ts";
import type { Random } from "../../random.ts";
import { blurred } from "./blur.ts";
import { impute } from "./impute.ts";

/** Writes a picture, preprocessed, [3, S, S]. */
export type Paint = (image: Float32Array) => void;

/**
 * Pictures on the way from one to another, the first pixels of the order first.
 *
 * @param from   [3, S, S].
 * @param to     [3, S, S].
 * @param order  All pixels, [S · S].
 * @param steps  Of equal size; the pictures are one more: none changed, …, all changed.
 */
export function gradualChange(
  from: Float32Array,
  to: Float32Array,
  order: Uint32Array,
  steps: number,
): Paint[] {
  const pixels = order.length;
  const running = from.slice();
  let changed = 0;
  return Array.from({ length: steps + 1 }, (_, step) => (image: Float32Array) => {
    const until = Math.round((step * pixels) / steps);
    for (; changed < until; changed++) {
      for (let i = order[changed]; i < running.length; i += pixels) running[i] = to[i];
    }
    image.set(running);
  });
}

/** The picture without its parts: blurred as RISE does it, the start of insertion. */
export const insertionStart = (image: Float32Array, size: number): Float32Array =>
  blurred(image, size);

/**
 * A picture of ImageNet's mean colour, as the model's preprocessing shows it: the end of deletion.
 * That is zero for torchvision's preprocessing, as in RISE.
 */
export function meanColour(
  pixels: number,
  { channels, mean, deviation }: Preprocessing,
): Float32Array {
  const image = new Float32Array(3 * pixels);
  for (let c = 0; c < 3; c++) {
    const colour = torchvisionPreprocessing.mean[channels === "rgb" ? c : 2 - c];
    image.fill((colour - mean[c]) / deviation[c], c * pixels, (c + 1) * pixels);
  }
  return image;
}

/** Deviation of ROAD's noise, pixel values of 0 to 255: its 0.01 in torchvision's preprocessing. */
const noise = 0.577;

/**
 * The picture without a share of its pixels, as ROAD takes them away: imputed, with a little noise,
 * so that nothing tells where they were.
 *
 * @param image    [3, S, S].
 * @param removed  The pixels.
 */
export function withoutPixels(
  image: Float32Array,
  removed: Uint32Array,
  { deviation }: Pick<Preprocessing, "deviation">,
  random: Random,
): Float32Array {
  const pixels = image.length / 3;
  const known = new Uint8Array(pixels).fill(1);
  for (const pixel of removed) known[pixel] = 0;
  const result = impute(image, known, Math.sqrt(pixels));
  for (let c = 0; c < 3; c++) {
    for (const pixel of removed) {
      result[c * pixels + pixel] += random.normal(0, noise / deviation[c]);
    }
  }
  return result;
}
