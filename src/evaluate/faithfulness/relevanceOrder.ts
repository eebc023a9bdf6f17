/** In which order a map puts the pixels of a picture. */
import type { Random } from "../../random.ts";

/**
 * Pixels by descending value. Equal ones, as of a map that is zero on half of the picture, come in
 * random order: any other order would favour a side of the picture.
 *
 * @param map  Finite, [S, S].
 */
export function relevanceOrder(map: Float32Array, random: Random): Uint32Array {
  const pixels = Uint32Array.from(map, (_, i) => i);
  for (let i = pixels.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [pixels[i], pixels[j]] = [pixels[j], pixels[i]];
  }
  // Stable, by the language's standard.
  return pixels.sort((a, b) => map[b] - map[a]);
}
