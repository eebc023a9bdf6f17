/** Dropout's masks, drawn from the seeded generator and fed to the graph. */
import type { Random } from "../random.ts";

/**
 * Inverted dropout: each element is 1 / keep with probability `keep`, else 0.
 *
 * Sixteen random bits decide an element, so that a probability is exact to 2⁻¹⁶.
 */
export function dropoutMask(size: number, keep: number, random: Random): Float32Array {
  const mask = new Float32Array(size);
  const scale = 1 / keep;
  const limit = Math.round(keep * 0x10000);
  for (let i = 0; i < size; i += 2) {
    const bits = random.uint32();
    if ((bits & 0xffff) < limit) mask[i] = scale;
    if (bits >>> 16 < limit && i + 1 < size) mask[i + 1] = scale;
  }
  return mask;
}
