/**
 * Gaussian filtering in high dimensions on the permutohedral lattice (Adams, Baek & Davis, "Fast
 * High-Dimensional Filtering Using the Permutohedral Lattice", 2010), with the scaling, rounding
 * and ties of Krähenbühl's C++ code, which SEC and most papers use. All numbers are float32.
 *
 * The lattice approximates a Gaussian coarsely; `splat`, `blur` along each axis and `slice` cost
 * O(points · dimensions²) whatever its width.
 */

import { VertexTable } from "./vertexTable.ts";

export interface Lattice {
  readonly points: number;
  readonly dimensions: number;
  /** Vertices are numbered from 1; vertex 0 is the empty neighbour, whose values stay zero. */
  readonly vertices: number;
  /** Corners of each point's simplex, [points, dimensions + 1]. */
  readonly corners: Int32Array;
  /** Barycentric coordinates of each point in it, [points, dimensions + 1]. */
  readonly weights: Float32Array;
  /** By axis of the blur, both neighbours of each vertex, [vertices + 1, 2]. */
  readonly neighbors: readonly Int32Array[];
}

/**
 * The lattice around points.
 *
 * @param features    Positions in units of the Gaussian's deviation, [points, dimensions].
 * @param dimensions  d, 1 or more.
 */
export function buildLattice(features: Float32Array, dimensions: number): Lattice {
  const points = features.length / dimensions;
  const table = new VertexTable(dimensions);
  const corners = new Int32Array(points * (dimensions + 1));
  const weights = new Float32Array(points * (dimensions + 1));
  embedInto(corners, weights, table, features, dimensions);
  const neighbors = Array.from({ length: dimensions + 1 }, (_, axis) =>
    neighborsAlong(axis, table, dimensions),
  );
  return { points, dimensions, vertices: table.size, corners, weights, neighbors };
}

/**
 * Finds each point's simplex.
 *
 * The features f are elevated to the plane x₀ + … + x_d = 0 of d + 1 dimensions (p. 5):
 *
 *   cⱼ = √(2/3) (d + 1) / √(j (j + 1)) · fⱼ,   xⱼ = Σ_{i>j} cᵢ − j cⱼ
 *
 * The nearest multiples of d + 1 give the simplex's first corner, the order of the differences the
 * other ones and the barycentric coordinates (p. 10).
 */
function embedInto(
  corners: Int32Array,
  weights: Float32Array,
  table: VertexTable,
  features: Float32Array,
  d: number,
): void {
  const points = features.length / d;
  const scales = Float32Array.from({ length: d }, (_, i) =>
    scaleOf(Math.fround(Math.sqrt(2 / 3) * (d + 1)), i),
  );
  const inverse = Math.fround(1 / (d + 1));
  const elevated = new Float32Array(d + 1);
  const nearest = new Float32Array(d + 1);
  const rest = new Float32Array(d + 1);
  const rank = new Int32Array(d + 1);
  const sorted = new Float32Array(d + 1);
  const key = new Int16Array(d);
  for (let point = 0; point < points; point++) {
    let sum = 0;
    for (let j = d; j > 0; j--) {
      const scaled = Math.fround(features[point * d + j - 1] * scales[j - 1]);
      elevated[j] = sum - Math.fround(j * scaled);
      sum = Math.fround(sum + scaled);
    }
    elevated[0] = sum;

    // round to the nearest point of colour 0, a multiple of d + 1
    let excess = 0;
    for (let i = 0; i <= d; i++) {
      const multiple = roundHalfEven(Math.fround(inverse * elevated[i]));
      nearest[i] = multiple * (d + 1);
      rest[i] = elevated[i] - nearest[i];
      excess += multiple;
    }

    // rank[i]: how many of the differences are larger than coordinate i's
    rank.fill(excess);
    for (let i = 0; i < d; i++) {
      for (let j = i + 1; j <= d; j++) rank[rest[i] < rest[j] ? i : j]++;
    }

    // the rounded point may lie beside the plane by `excess` steps: bring it back
    for (let i = 0; i <= d; i++) {
      const step = rank[i] < 0 ? d + 1 : rank[i] > d ? -(d + 1) : 0;
      rank[i] += step;
      nearest[i] += step;
      sorted[d - rank[i]] = Math.fround(elevated[i] - nearest[i]) * inverse;
    }

    const first = point * (d + 1);
    weights[first] = sorted[0] + Math.fround(1 - sorted[d]);
    for (let corner = 1; corner <= d; corner++) {
      weights[first + corner] = sorted[corner] - sorted[corner - 1];
    }
    for (let corner = 0; corner <= d; corner++) {
      for (let i = 0; i < d; i++) {
        key[i] = nearest[i] + corner - (rank[i] > d - corner ? d + 1 : 0);
      }
      corners[first + corner] = table.findOrAdd(key);
    }
  }
}

/** Deviation of the blurred lattice (p. 6) over the length of the plane's basis vector (p. 5). */
function scaleOf(deviation: number, i: number): number {
  return (1 / Math.sqrt((i + 1) * (i + 2))) * deviation;
}

/** Adding and taking away 1.5 · 2²³ rounds a float32 below 2²² to the nearest integer. */
function roundHalfEven(value: number): number {
  return Math.fround(Math.fround(value + 12582912) - 12582912);
}

/** Along axis j a vertex's neighbours are its key ∓ 1, with coordinate j ± d. */
function neighborsAlong(axis: number, table: VertexTable, d: number): Int32Array {
  const neighbors = new Int32Array(2 * (table.size + 1));
  const key = new Int16Array(d);
  for (let vertex = 1; vertex <= table.size; vertex++) {
    for (const side of [0, 1]) {
      const step = side === 0 ? -1 : 1;
      for (let i = 0; i < d; i++) {
        key[i] = table.coordinate(vertex, i) + (i === axis ? -step * d : step);
      }
      neighbors[2 * vertex + side] = table.find(key);
    }
  }
  return neighbors;
}

/**
 * Distributes the points' values onto the corners of their simplexes.
 *
 * @param values  Values of the vertices, [vertices + 1, channels]; overwritten.
 * @param input   Values of the points, [points, channels].
 */
export function splatInto(
  values: Float32Array,
  input: Float32Array,
  { points, dimensions, corners, weights }: Lattice,
  channels: number,
): void {
  values.fill(0);
  for (let point = 0; point < points; point++) {
    const from = point * channels;
    const first = point * (dimensions + 1);
    for (let i = first; i <= first + dimensions; i++) {
      const to = corners[i] * channels;
      const weight = weights[i];
      for (let c = 0; c < channels; c++) values[to + c] += weight * input[from + c];
    }
  }
}

/** One blur along an axis, kernel [1 2 1] / 2. Vertex 0 is the empty neighbour and stays zero. */
export function blurInto(
  next: Float32Array,
  values: Float32Array,
  neighbors: Int32Array,
  channels: number,
): void {
  for (let vertex = 1; 2 * vertex < neighbors.length; vertex++) {
    const at = vertex * channels;
    const before = neighbors[2 * vertex] * channels;
    const after = neighbors[2 * vertex + 1] * channels;
    for (let c = 0; c < channels; c++) {
      next[at + c] = values[at + c] + 0.5 * (values[before + c] + values[after + c]);
    }
  }
}

/**
 * Gathers the vertices' values at the points: Σ weight · value · α, α = 1 / (1 + 2^−d).
 *
 * @param output  [points, channels]; overwritten.
 * @param values  [vertices + 1, channels].
 */
export function sliceInto(
  output: Float32Array,
  values: Float32Array,
  { points, dimensions, corners, weights }: Lattice,
  channels: number,
): void {
  const alpha = Math.fround(1 / (1 + 2 ** -dimensions));
  output.fill(0);
  for (let point = 0; point < points; point++) {
    const to = point * channels;
    const first = point * (dimensions + 1);
    for (let i = first; i <= first + dimensions; i++) {
      const from = corners[i] * channels;
      const weight = weights[i] * alpha;
      for (let c = 0; c < channels; c++) output[to + c] += weight * values[from + c];
    }
  }
}

/**
 * The filter: splat, blur along each axis in turn, slice.
 *
 * @param output   [points, channels]; may be `input`.
 * @param input    [points, channels].
 * @param scratch  Two arrays of (vertices + 1) · channels zeros or earlier values.
 */
export function filterInto(
  output: Float32Array,
  input: Float32Array,
  lattice: Lattice,
  channels: number,
  scratch: readonly [Float32Array, Float32Array],
): void {
  let [values, next] = scratch;
  splatInto(values, input, lattice, channels);
  for (const neighbors of lattice.neighbors) {
    blurInto(next, values, neighbors, channels);
    [values, next] = [next, values];
  }
  sliceInto(output, values, lattice, channels);
}
