/** A hash of 64 bits that stays nearly the same when a picture is scaled, compressed or brightened. */

/** Side of the picture that is hashed, pixels. */
export const hashedSide = 32;

/** Most differing bits of the hashes of one picture's copies; duplicates.ts says how that was found. */
export const hashRadius = 10;

/**
 * pHash: which of a picture's 64 lowest frequencies exceed their median.
 *
 *   D(j, k) = Σ_y Σ_x grey(y, x) cos(π/32 (y + ½) j) cos(π/32 (x + ½) k),   j, k < 8
 *
 * (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", section 3.2.1);
 * D(0, 0), the brightness, gives way to D(8, 0).
 *
 * @param pixels  RGB, [32, 32, 3].
 * @returns       Two words of 32 bits.
 */
export function perceptualHash(pixels: Uint8Array): readonly [number, number] {
  const frequencies = lowFrequencies(greyOf(pixels));
  const median = [...frequencies].sort((a, b) => a - b)[32];
  const words: [number, number] = [0, 0];
  for (const [i, value] of frequencies.entries()) {
    if (value >= median) words[i >> 5] |= 1 << (i & 31);
  }
  return [words[0] >>> 0, words[1] >>> 0];
}

/** Bits in which two words differ. */
export function differingBits(a: number, b: number): number {
  let v = a ^ b;
  v -= (v >>> 1) & 0x55555555;
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Side of the picture that is compared, pixels. */
export const comparedSide = 16;

/** The mean of each 2x2 pixels, [32, 32, 3] to [16, 16, 3]. */
export function halved(pixels: Uint8Array): Uint8Array {
  const small = new Uint8Array(comparedSide * comparedSide * 3);
  const row = hashedSide * 3;
  for (let i = 0; i < small.length; i++) {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % comparedSide, Math.floor(i / 3 / comparedSide)];
    const at = 2 * y * row + 6 * x + c;
    small[i] = (pixels[at] + pixels[at + 3] + pixels[at + row] + pixels[at + row + 3] + 2) >> 2;
  }
  return small;
}

/**
 * The correlation of two small pictures' values, which says whether hashes that are near mean
 * pictures that are alike. Brightness and contrast do not matter.
 *
 * @returns  −1 to 1; 0 where one has a single value.
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    sumA += a[i];
    sumB += b[i];
    sumAA += a[i] * a[i];
    sumBB += b[i] * b[i];
    sumAB += a[i] * b[i];
  }
  const n = a.length;
  const spread = (n * sumAA - sumA * sumA) * (n * sumBB - sumB * sumB);
  return spread > 0 ? (n * sumAB - sumA * sumB) / Math.sqrt(spread) : 0;
}

/** Luma of RGB values (ITU-R BT.601), one for each pixel. */
export function greyOf(pixels: Uint8Array): Float64Array {
  const grey = new Float64Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * pixels[3 * i] + 0.587 * pixels[3 * i + 1] + 0.114 * pixels[3 * i + 2];
  }
  return grey;
}

/** Standard deviation of a small picture's values, levels of 0 to 255. */
export function contrast(pixels: Uint8Array): number {
  let [sum, squares] = [0, 0];
  for (const value of pixels) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / pixels.length;
  return Math.sqrt(Math.max(0, squares / pixels.length - mean * mean));
}

const frequencyCount = 8;

/** D(j, k) for j, k < 8, row by row, with D(8, 0) in the place of D(0, 0). */
function lowFrequencies(grey: Float64Array): Float64Array {
  const rows = new Float64Array(hashedSide * frequencyCount);
  for (let y = 0; y < hashedSide; y++) {
    for (let k = 0; k < frequencyCount; k++) {
      let sum = 0;
      for (let x = 0; x < hashedSide; x++) sum += grey[y * hashedSide + x] * cosine(x, k);
      rows[y * frequencyCount + k] = sum;
    }
  }
  const frequencies = new Float64Array(frequencyCount * frequencyCount);
  for (let i = 0; i < frequencies.length; i++) {
    const [j, k] =
      i === 0 ? [frequencyCount, 0] : [Math.floor(i / frequencyCount), i % frequencyCount];
    for (let y = 0; y < hashedSide; y++) {
      frequencies[i] += rows[y * frequencyCount + k] * cosine(y, j);
    }
  }
  return frequencies;
}

const cosines = Float64Array.from({ length: hashedSide * (frequencyCount + 1) }, (_, i) =>
  Math.cos((Math.PI / hashedSide) * ((i % hashedSide) + 0.5) * Math.floor(i / hashedSide)),
);

function cosine(position: number, frequency: number): number {
  return cosines[frequency * hashedSide + position];
}
