/** Perceptually uniform colours for values in [0, 1]. */

export type Colormap = "inferno" | "magma" | "viridis";

/**
 * 17 evenly spaced colours of each map, dark to bright; linear interpolation between them stays
 * within 3 of 255 of the originals. Source: the 256 colours of van der Walt & Smith 2015 ("A
 * better default colormap for matplotlib"), in the public domain (CC0).
 */
const stops: Readonly<Record<Colormap, string>> = {
  inferno:
    "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 d04545 e35933 f1711f f98c0a " +
    "fcaa0f f9c932 f2e865 fcffa4",
  magma:
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 " +
    "fea571 fec287 fde0a1 fcfdbf",
  viridis:
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 " +
    "81d34d aadc32 d5e21a fde725",
};

/** 256 colours from dark to bright, [256, 3] bytes. */
export function colormapTable(colormap: Colormap): Uint8Array {
  const colors = stops[colormap].split(" ").map((hex) => Number.parseInt(hex, 16));
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const position = (i / 255) * (colors.length - 1);
    const below = Math.min(Math.floor(position), colors.length - 2);
    const part = position - below;
    for (let channel = 0; channel < 3; channel++) {
      const shift = 16 - 8 * channel;
      const low = (colors[below] >> shift) & 255;
      const high = (colors[below + 1] >> shift) & 255;
      table[3 * i + channel] = Math.round(low + (high - low) * part);
    }
  }
  return table;
}
