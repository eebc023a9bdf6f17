/** Pixels that were taken away, guessed from those around them. */

export interface ImputeOptions {
  /** Largest residual left, relative to the largest difference of known values. */
  readonly tolerance?: number;
}

/** Weights of direct and diagonal neighbours. */
const [direct, diagonal] = [1 / 6, 1 / 12];

/** Below this many pixels a side, no coarser picture helps. */
const coarsest = 8;

/** Conjugate gradients end after these many steps, whatever is left. */
const mostSteps = 2000;

/**
 * Linear imputation (Rong et al. 2022, "A Consistent and Efficient Evaluation Strategy for
 * Attribution Methods", 4.2): each missing pixel is the weighted mean of its neighbours in the
 * picture, missing ones too.
 *
 *   Σⱼ wᵢⱼ (xᵢ − xⱼ) = 0,   w = 1/6 for the four next to it, 1/12 for the four diagonal ones
 *
 * The system is symmetric and positive definite: conjugate gradients solve it, preconditioned by the
 * diagonal, from the solution on a picture of half the size.
 *
 * @param image  [channels, height, width].
 * @param known  1 where pixels are known, 0 where they are missing, [height, width].
 * @returns      The picture with the missing pixels filled in; known ones as they are.
 * @throws {RangeError} When no pixel is known, or the lengths do not fit.
 */
export function impute(
  image: Float32Array,
  known: Uint8Array,
  width: number,
  { tolerance = 1e-4 }: ImputeOptions = {},
): Float32Array {
  const pixels = known.length;
  if (pixels === 0 || pixels % width !== 0 || image.length % pixels !== 0) {
    throw new RangeError(
      `impute: image must have whole channels of known's ${pixels} pixels in rows of ${width}; got ${image.length} values.`,
    );
  }
  if (!known.includes(1)) {
    throw new RangeError("impute: at least one pixel must be known; all are missing.");
  }
  const levels = pyramid(known, width);
  /** The plane with the missing pixels of the finest of these levels filled in. */
  const filled = (plane: Float64Array, [level, ...coarser]: readonly Level[]): Float64Array => {
    if (level.grid.missing.length === 0) return plane;
    const guess =
      coarser.length === 0
        ? new Float64Array(plane.length).fill(meanOfKnown(plane, level.known))
        : enlarged(filled(halved(plane, level), coarser), level);
    return solved(plane, guess, level, tolerance);
  };
  const result = image.slice();
  for (let start = 0; start < image.length; start += pixels) {
    const plane = Float64Array.from(image.subarray(start, start + pixels));
    result.set(filled(plane, levels), start);
  }
  return result;
}

/** Which pixels are known in the picture, or in one of a half, a quarter, ... of its size. */
interface Level {
  readonly known: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly grid: Grid;
}

/** Finest first; a pixel of a coarser one is known where one of its four is. */
function pyramid(known: Uint8Array, width: number): Level[] {
  const height = known.length / width;
  const level = { known, width, height, grid: paddedGrid(known, width) };
  if (Math.min(width, height) < coarsest || level.grid.missing.length === 0) return [level];
  const halfWidth = Math.ceil(width / 2);
  const half = new Uint8Array(halfWidth * Math.ceil(height / 2));
  for (let i = 0; i < known.length; i++) half[halfOf(i, width)] |= known[i];
  return [level, ...pyramid(half, halfWidth)];
}

/** Which pixel of a picture of half the size a pixel lies in. */
function halfOf(i: number, width: number): number {
  const x = i % width;
  return (((i - x) / width) >> 1) * Math.ceil(width / 2) + (x >> 1);
}

/** Means of the known pixels of each four. */
function halved(plane: Float64Array, { known, width, height }: Level): Float64Array {
  const sums = new Float64Array(Math.ceil(width / 2) * Math.ceil(height / 2));
  const counts = new Float64Array(sums.length);
  for (let i = 0; i < plane.length; i++) {
    if (known[i] === 0) continue;
    sums[halfOf(i, width)] += plane[i];
    counts[halfOf(i, width)]++;
  }
  return sums.map((sum, i) => (counts[i] === 0 ? 0 : sum / counts[i]));
}

const enlarged = (half: Float64Array, { known, width }: Level): Float64Array =>
  Float64Array.from(known, (_, i) => half[halfOf(i, width)]);

function meanOfKnown(plane: Float64Array, known: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < plane.length; i++) {
    sum += known[i] * plane[i];
    count += known[i];
  }
  return sum / count;
}

/** The missing pixels on a grid with a border of one pixel, so that each has eight neighbours. */
interface Grid {
  /** Places of the missing pixels. */
  readonly missing: Int32Array;
  /** Sum of the weights of those neighbours that lie in the picture, by missing pixel. */
  readonly diagonals: Float64Array;
  /** Of a place in the picture's rows. */
  readonly stride: number;
  readonly length: number;
}

function paddedGrid(known: Uint8Array, width: number): Grid {
  const height = known.length / width;
  const stride = width + 2;
  const missing: number[] = [];
  const diagonals: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (known[y * width + x] === 1) continue;
      missing.push((y + 1) * stride + x + 1);
      const rows = Number(y > 0) + Number(y < height - 1);
      const columns = Number(x > 0) + Number(x < width - 1);
      diagonals.push(direct * (rows + columns) + diagonal * rows * columns);
    }
  }
  return {
    missing: Int32Array.from(missing),
    diagonals: Float64Array.from(diagonals),
    stride,
    length: stride * (height + 2),
  };
}

/** The plane with its missing pixels solved for, from a guess of them. */
function solved(
  plane: Float64Array,
  guess: Float64Array,
  { known, width, grid }: Level,
  tolerance: number,
): Float64Array {
  const values = new Float64Array(grid.length);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < plane.length; i++) {
    values[placeOf(i, width)] = known[i] === 1 ? plane[i] : guess[i];
    if (known[i] === 0) continue;
    low = Math.min(low, plane[i]);
    high = Math.max(high, plane[i]);
  }
  // Of known pixels of one colour, what rounding leaves.
  const least = 1e-12 * Math.max(Math.abs(low), Math.abs(high));
  conjugateGradients(values, grid, Math.max(tolerance * (high - low), least));
  return plane.map((_, i) => values[placeOf(i, width)]);
}

/** Of a pixel's index on the padded grid. */
function placeOf(i: number, width: number): number {
  const x = i % width;
  return ((i - x) / width + 1) * (width + 2) + x + 1;
}

/** Improves the missing pixels of `values` until no equation is off by more than `limit`. */
function conjugateGradients(values: Float64Array, grid: Grid, limit: number): void {
  const { missing, diagonals, length } = grid;
  const residuals = new Float64Array(missing.length);
  const products = new Float64Array(missing.length);
  const directions = new Float64Array(length);
  multiplyInto(residuals, values, grid);
  let energy = 0;
  for (let m = 0; m < missing.length; m++) {
    residuals[m] = -residuals[m];
    directions[missing[m]] = residuals[m] / diagonals[m];
    energy += (residuals[m] * residuals[m]) / diagonals[m];
  }
  for (let step = 0; step < mostSteps && largest(residuals) > limit; step++) {
    multiplyInto(products, directions, grid);
    let curvature = 0;
    for (let m = 0; m < missing.length; m++) curvature += directions[missing[m]] * products[m];
    const length = energy / curvature;
    let next = 0;
    for (let m = 0; m < missing.length; m++) {
      values[missing[m]] += length * directions[missing[m]];
      residuals[m] -= length * products[m];
      next += (residuals[m] * residuals[m]) / diagonals[m];
    }
    const share = next / energy;
    for (let m = 0; m < missing.length; m++) {
      const place = missing[m];
      directions[place] = residuals[m] / diagonals[m] + share * directions[place];
    }
    energy = next;
  }
}

/** dᵢ xᵢ − Σⱼ wᵢⱼ xⱼ of the missing pixels; the border of `x` is zero. */
function multiplyInto(
  products: Float64Array,
  x: Float64Array,
  { missing, diagonals, stride }: Grid,
): void {
  for (let m = 0; m < missing.length; m++) {
    const i = missing[m];
    const beside = x[i - 1] + x[i + 1] + x[i - stride] + x[i + stride];
    const across = x[i - stride - 1] + x[i - stride + 1] + x[i + stride - 1] + x[i + stride + 1];
    products[m] = diagonals[m] * x[i] - direct * beside - diagonal * across;
  }
}

function largest(values: Float64Array): number {
  let high = 0;
  for (const value of values) high = Math.max(high, Math.abs(value));
  return high;
}
