/** Colours and noise that backgrounds are made of. */
import type { Random } from "../../random.ts";

/** Red, green, blue in 0..255. */
export type Color = readonly [number, number, number];

/** `"#rrggbb"` as numbers. */
export function color(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function mix(a: Color, b: Color, share: number): Color {
  const t = Math.min(1, Math.max(0, share));
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** The colour with each channel moved by up to `amount`. */
export function vary(base: Color, amount: number, random: Random): Color {
  const move = (channel: number) =>
    Math.min(255, Math.max(0, channel + random.uniform(-amount, amount)));
  return [move(base[0]), move(base[1]), move(base[2])];
}

/** Any colour of middling strength: hue at random, neither black nor neon. */
export function anyColor(random: Random): Color {
  const hue = random.uniform(0, 2 * Math.PI);
  const chroma = random.uniform(15, 75);
  const grey = random.uniform(80, 200);
  const at = (shift: number) => grey + chroma * Math.cos(hue + shift);
  return [at(0), at((2 * Math.PI) / 3), at((4 * Math.PI) / 3)];
}

/**
 * Value noise: random numbers on a lattice, smoothly interpolated, summed over octaves.
 *
 * @param cellX  Width of the coarsest lattice's cells, in pixels.
 * @returns      [side, side], mean about 0.5, in [0, 1].
 */
export function noiseField(
  side: number,
  cellX: number,
  cellY: number,
  octaves: number,
  random: Random,
): Float32Array {
  const field = new Float32Array(side * side);
  const total = 2 - 2 ** (1 - octaves);
  for (let octave = 0; octave < octaves; octave++) {
    const finer = 2 ** octave;
    addNoise(field, side, cellX / finer, cellY / finer, 1 / finer / total, random);
  }
  return field;
}

function addNoise(
  field: Float32Array,
  side: number,
  cellX: number,
  cellY: number,
  strength: number,
  random: Random,
): void {
  const columns = Math.ceil(side / cellX) + 1;
  const rows = Math.ceil(side / cellY) + 1;
  const lattice = new Float32Array(columns * rows);
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.uniform();
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / cellY);
    const v = smooth(y / cellY - row);
    for (let x = 0; x < side; x++) {
      const column = Math.floor(x / cellX);
      const u = smooth(x / cellX - column);
      const at = row * columns + column;
      const above = lattice[at] + (lattice[at + 1] - lattice[at]) * u;
      const below = lattice[at + columns];
      const beneath = below + (lattice[at + columns + 1] - below) * u;
      field[y * side + x] += strength * (above + (beneath - above) * v);
    }
  }
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
