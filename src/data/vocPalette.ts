/**
 * The colours of PASCAL VOC's masks, 256 RGB triples: the bits of the label, taken three at a
 * time, fill red, green and blue from the highest bit down (VOClabelcolormap.m of the devkit).
 */
export function vocPalette(): Uint8Array {
  const palette = new Uint8Array(3 * 256);
  for (let label = 0; label < 256; label++) {
    for (let bit = 0; bit < 8; bit++) {
      const channel = bit % 3;
      palette[3 * label + channel] |= ((label >> bit) & 1) << (7 - Math.floor(bit / 3));
    }
  }
  return palette;
}
