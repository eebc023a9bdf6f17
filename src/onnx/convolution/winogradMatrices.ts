/**
 * The matrices of Winograd's F(m, 3): m outputs of a filter of 3 from m + 2 inputs d,
 *
 *   y = Aᵀ [(G w) ⊙ (Bᵀ d)]
 *
 * with m + 2 products instead of 3 m (Lavin and Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2016, section 4). In two dimensions a matrix is its Kronecker product with itself.
 */

/** Outputs of a tile along an axis. */
export type TileSize = 2 | 4;

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

export interface WinogradMatrices {
  /** Bᵀ, [m + 2, m + 2]. */
  readonly input: Matrix;
  /** G, [m + 2, 3]. */
  readonly filter: Matrix;
  /** Aᵀ, [m, m + 2]. */
  readonly output: Matrix;
}

/**
 * Where the polynomials are interpolated, beside infinity. For F(4, 3) the error in float32 is half
 * that of the usual 0, ±1, ±2: docs/performance.md.
 */
const points: { readonly [M in TileSize]: readonly number[] } = {
  2: [0, 1, -1],
  4: [0, Math.SQRT1_2, -Math.SQRT1_2, Math.SQRT2, -Math.SQRT2],
};

/**
 * Toom and Cook's construction: a polynomial of degree m + 1 from its values at the points pₖ, and
 * its leading coefficient, which is its value at infinity.
 *
 *   Aᵀ[i,k] = pₖⁱ,   G[k,j] = pₖʲ / Πₗ (pₖ − pₗ),   Bᵀ[k,·] = coefficients of Πₗ (x − pₗ),   l ≠ k
 */
export function winogradMatrices(m: TileSize): WinogradMatrices {
  const all = points[m];
  const others = all.map((_, k) => all.filter((__, l) => l !== k));
  const scales = all.map((p, k) => others[k].reduce((product, q) => product * (p - q), 1));
  const atInfinity = (length: number): number[] => [...Array<number>(length - 1).fill(0), 1];
  return {
    input: [...others.map((roots) => [...polynomial(roots), 0]), polynomial(all)],
    filter: [...all.map((p, k) => [0, 1, 2].map((j) => p ** j / scales[k])), atInfinity(3)],
    output: atInfinity(m).map((last, i) => [...all.map((p) => p ** i), last]),
  };
}

/** Coefficients of Π (x − root), the constant one first. */
function polynomial(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots) {
    coefficients = [...coefficients, 0].map(
      (value, i) => (coefficients[i - 1] ?? 0) - root * value,
    );
  }
  return coefficients;
}

export const transposed = (matrix: Matrix): Matrix =>
  matrix[0].map((_, column) => matrix.map((row) => row[column]));

/** The columns in reverse order. */
export const reversed = (matrix: Matrix): Matrix => matrix.map((row) => [...row].reverse());

/** The Kronecker product of a matrix with itself, [a, b] to [a², b²], laid flat. */
export function squared(matrix: Matrix): Float32Array<ArrayBuffer> {
  const rows = matrix.flatMap((upper) =>
    matrix.map((lower) => upper.flatMap((u) => lower.map((v) => u * v))),
  );
  return Float32Array.from(rows.flat());
}
