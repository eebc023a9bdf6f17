/**
 * The permutohedral lattice; src/crf/lattice.ts is the readable twin and explains it. Two things
 * differ: four points are embedded at once, and the blur works in place along chains of neighbours,
 * which reads and writes each vertex once.
 */

import { allocate, mark, release } from "./heap.ts";
import { find, findOrAdd, keyOf, startTable, tableSize } from "./vertexTable.ts";

@unmanaged
export class Lattice {
  points: i32;
  dimensions: i32;
  vertices: i32;
  /** Vertices of each point's simplex, i32 [points, dimensions + 1]. */
  corners: usize;
  /** Barycentric coordinates, f32 [points, dimensions + 1]. */
  weights: usize;
  /** By axis of the blur: chains, each its length and its vertices, i32. */
  chains: usize;
  /** Where the chains of each axis end, usize [dimensions + 1]. */
  chainEnds: usize;
  /** Normalisation by point, f32 [points]. */
  before: usize;
  after: usize;
  /** The kernel's weight times α. */
  scale: f32;
  /** Values of the vertices, and those of the next iteration, f32 [vertices, channels]. */
  values: usize;
  next: usize;
}

/** Scratch for one block of four points; at most 7 dimensions. */
const elevated: usize = memory.data(8 * 16, 16);
const nearest: usize = memory.data(8 * 16, 16);
const rest: usize = memory.data(8 * 16, 16);
const rank: usize = memory.data(8 * 16, 16);
const scales: usize = memory.data(8 * 16, 16);
const sorted: usize = memory.data(8 * 4, 16);

/** @param features  f32 [points, dimensions]. */
export function buildLattice(features: usize, points: i32, dimensions: i32): Lattice {
  const corners = dimensions + 1;
  const lattice = changetype<Lattice>(allocate(offsetof<Lattice>()));
  lattice.points = points;
  lattice.dimensions = dimensions;
  lattice.corners = allocate(u64(points) * u64(corners) * 4);
  lattice.weights = allocate(u64(points) * u64(corners) * 4);
  lattice.chainEnds = allocate(u64(corners) * 4);

  // the table and its keys are scratch: the chains move to their place
  const start = mark();
  startTable(points * corners);
  embed(lattice, features);
  lattice.vertices = tableSize();
  const chains = allocate(u64(corners) * (u64(lattice.vertices) * 3) * 2);
  const bytes = buildChains(lattice, chains) - chains;
  release(start);
  lattice.chains = allocate(u64(bytes));
  memory.copy(lattice.chains, chains, bytes);
  for (let axis = 0; axis < corners; axis++) {
    const end = lattice.chainEnds + (usize(axis) << 2);
    store<usize>(end, load<usize>(end) - chains + lattice.chains);
  }
  return lattice;
}

function embed(lattice: Lattice, features: usize): void {
  const points = lattice.points;
  const d = lattice.dimensions;
  const row = usize(d) << 2;
  const last = usize(d) << 4;
  const side = f32x4.splat(f32(d + 1));
  const inverse = f32x4.splat(f32(1) / f32(d + 1));
  const one = f32x4.splat(1);
  const deviation = f32(Math.sqrt(2.0 / 3.0) * f64(d + 1));
  for (let j = 0; j < d; j++) {
    const scale = f32((1.0 / Math.sqrt(f64((j + 1) * (j + 2)))) * f64(deviation));
    v128.store(scales + (usize(j) << 4), f32x4.splat(scale));
  }
  // coordinates past the dimensions stay zero in every key
  let used = i16x8.splat(0);
  for (let i = 0; i < d; i++) used = v128.or(used, v128.shr<i16>(laneOf(i), 0));
  let previousNearest = i16x8.splat(-1);
  let previousRank = i16x8.splat(-1);
  let corners = lattice.corners;
  let weights = lattice.weights;

  for (let point = 0; point < points; point += 4) {
    let sum = f32x4.splat(0);
    for (let j = d; j > 0; j--) {
      const at = features + usize(point) * row + (usize(j - 1) << 2);
      let feature = v128.load32_zero(at);
      feature = v128.load_lane<f32>(at + row, feature, 1);
      feature = v128.load_lane<f32>(at + 2 * row, feature, 2);
      feature = v128.load_lane<f32>(at + 3 * row, feature, 3);
      const scaled = f32x4.mul(feature, v128.load(scales + (usize(j - 1) << 4)));
      const steps = f32x4.mul(f32x4.splat(f32(j)), scaled);
      v128.store(elevated + (usize(j) << 4), f32x4.sub(sum, steps));
      sum = f32x4.add(sum, scaled);
    }
    v128.store(elevated, sum);

    let excess = f32x4.splat(0);
    for (let i: usize = 0; i <= last; i += 16) {
      const exact = v128.load(elevated + i);
      const multiple = f32x4.nearest(f32x4.mul(inverse, exact));
      const rounded = f32x4.mul(multiple, side);
      v128.store(nearest + i, rounded);
      v128.store(rest + i, f32x4.sub(exact, rounded));
      excess = f32x4.add(excess, multiple);
    }

    for (let i: usize = 0; i <= last; i += 16) v128.store(rank + i, excess);
    for (let i: usize = 0; i < last; i += 16) {
      const mine = v128.load(rest + i);
      let larger = v128.load(rank + i);
      for (let j = i + 16; j <= last; j += 16) {
        const isLess = f32x4.lt(mine, v128.load(rest + j));
        larger = f32x4.add(larger, v128.and(isLess, one));
        v128.store(rank + j, f32x4.add(v128.load(rank + j), v128.andnot(one, isLess)));
      }
      v128.store(rank + i, larger);
    }

    for (let i: usize = 0; i <= last; i += 16) {
      const r = v128.load(rank + i);
      const up = v128.and(f32x4.lt(r, f32x4.splat(0)), side);
      const down = v128.and(f32x4.ge(r, side), side);
      const step = f32x4.sub(up, down);
      const n = f32x4.add(v128.load(nearest + i), step);
      const difference = f32x4.sub(v128.load(elevated + i), n);
      v128.store(rest + i, f32x4.mul(difference, inverse));
      v128.store(nearest + i, i32x4.trunc_sat_f32x4_s(n));
      v128.store(rank + i, i32x4.trunc_sat_f32x4_s(f32x4.add(r, step)));
    }

    const block = min(4, points - point);
    for (let lane: usize = 0; lane < usize(block); lane++) {
      const column = lane << 2;
      for (let i: usize = 0; i <= usize(d); i++) {
        const place = usize(d) - usize(load<i32>(rank + (i << 4) + column));
        store<f32>(sorted + (place << 2), load<f32>(rest + (i << 4) + column));
      }
      store<f32>(weights, load<f32>(sorted) + (f32(1) - load<f32>(sorted + row)));
      for (let corner: usize = 4; corner <= row; corner += 4) {
        store<f32>(weights + corner, load<f32>(sorted + corner) - load<f32>(sorted + corner - 4));
      }
      weights += row + 4;

      const base = v128.and(gather(nearest + column), used);
      const order = gather(rank + column);
      if (
        point + i32(lane) > 0 &&
        !v128.any_true(v128.or(v128.xor(base, previousNearest), v128.xor(order, previousRank)))
      ) {
        // neighbouring pixels mostly share their simplex
        memory.copy(corners, corners - row - 4, row + 4);
      } else {
        for (let corner = 0; corner <= d; corner++) {
          const wraps = i16x8.gt_s(order, i16x8.splat(i16(d - corner)));
          const step = i16x8.sub(
            i16x8.splat(i16(corner)),
            v128.and(wraps, i16x8.splat(i16(d + 1))),
          );
          const key = i16x8.add(base, v128.and(step, used));
          store<i32>(corners + (usize(corner) << 2), findOrAdd(key));
        }
        previousNearest = base;
        previousRank = order;
      }
      corners += row + 4;
    }
  }
}

/** All ones in one lane of eight. */
function laneOf(lane: i32): v128 {
  const scratch = sorted;
  v128.store(scratch, i16x8.splat(0));
  store<i16>(scratch + (usize(lane) << 1), -1);
  return v128.load(scratch);
}

/** One column of a block of i32 vectors, as i16; the rows past the dimensions hold anything. */
function gather(column: usize): v128 {
  let low = v128.load32_zero(column);
  low = v128.load_lane<i32>(column + 16, low, 1);
  low = v128.load_lane<i32>(column + 32, low, 2);
  low = v128.load_lane<i32>(column + 48, low, 3);
  let high = v128.load32_zero(column + 64);
  high = v128.load_lane<i32>(column + 80, high, 1);
  return i16x8.narrow_i32x4_s(low, high);
}

/** Writes the chains of each axis from `at` on, and returns where they end. */
function buildChains(lattice: Lattice, at: usize): usize {
  const d = lattice.dimensions;
  const vertices = lattice.vertices;
  const scratch = mark();
  const next = allocate(u64(vertices) * 4);
  const hasPrevious = allocate(u64(vertices));
  for (let axis = 0; axis <= d; axis++) {
    let step = i16x8.splat(0);
    for (let i = 0; i < d; i++) {
      step = v128.or(step, v128.and(laneOf(i), i16x8.splat(i16(i === axis ? -d : 1))));
    }
    memory.fill(hasPrevious, 0, usize(vertices));
    for (let vertex = 0; vertex < vertices; vertex++) {
      const neighbor = find(i16x8.add(keyOf(vertex), step));
      store<i32>(next + (usize(vertex) << 2), neighbor);
      if (neighbor >= 0) store<u8>(hasPrevious + usize(neighbor), 1);
    }
    // a vertex without neighbours is a chain of one, which the blur does not change: left out
    for (let vertex = 0; vertex < vertices; vertex++) {
      let link = load<i32>(next + (usize(vertex) << 2));
      if (link < 0 || load<u8>(hasPrevious + usize(vertex)) !== 0) continue;
      const head = at;
      store<i32>(at + 4, vertex);
      at += 8;
      while (link >= 0) {
        store<i32>(at, link);
        at += 4;
        link = load<i32>(next + (usize(link) << 2));
      }
      store<i32>(head, i32((at - head) >> 2) - 1);
    }
    store<usize>(lattice.chainEnds + (usize(axis) << 2), at);
  }
  release(scratch);
  return at;
}

/**
 * Blurs along every axis in turn, kernel [1 2 1] / 2, in place.
 *
 * @param values  f32 [vertices, stride / 4].
 * @param stride  Bytes of a vertex, a multiple of 16.
 */
export function blur(lattice: Lattice, values: usize, stride: usize): void {
  const half = f32x4.splat(0.5);
  let at = lattice.chains;
  for (let axis = 0; axis <= lattice.dimensions; axis++) {
    const end = load<usize>(lattice.chainEnds + (usize(axis) << 2));
    while (at < end) {
      const first = at + 4;
      const last = at + (usize(load<i32>(at)) << 2);
      for (let channel: usize = 0; channel < stride; channel += 16) {
        const column = values + channel;
        let address = column + usize(load<i32>(first)) * stride;
        let previous = f32x4.splat(0);
        let value = v128.load(address);
        for (let link = first + 4; link <= last; link += 4) {
          const nextAddress = column + usize(load<i32>(link)) * stride;
          const following = v128.load(nextAddress);
          const sides = f32x4.mul(half, f32x4.add(previous, following));
          v128.store(address, f32x4.add(value, sides));
          previous = value;
          value = following;
          address = nextAddress;
        }
        v128.store(address, f32x4.add(value, f32x4.mul(half, previous)));
      }
      at = last + 4;
    }
  }
}

/** Sets the normalisation from n = K·1: n^−½ before and after, or n^−1 after. */
export function normalize(lattice: Lattice, isSymmetric: bool, weight: f32): void {
  const points = lattice.points;
  const corners = lattice.dimensions + 1;
  const alpha = f32(1) / (f32(1) + f32(1) / f32(1 << lattice.dimensions));
  lattice.scale = weight * alpha;
  lattice.after = allocate(u64(points) * 4);
  lattice.before = isSymmetric ? lattice.after : allocate(u64(points) * 4);

  const values = mark();
  const bytes = usize(lattice.vertices) << 4;
  allocate(u64(bytes));
  memory.fill(values, 0, bytes);
  const entries = usize(points) * usize(corners);
  for (let entry: usize = 0; entry < entries; entry++) {
    const to = values + (usize(load<i32>(lattice.corners + (entry << 2))) << 4);
    store<f32>(to, load<f32>(to) + load<f32>(lattice.weights + (entry << 2)));
  }
  blur(lattice, values, 16);
  let entry: usize = 0;
  for (let point = 0; point < points; point++) {
    let sum: f32 = 0;
    for (let corner = 0; corner < corners; corner++, entry++) {
      const from = values + (usize(load<i32>(lattice.corners + (entry << 2))) << 4);
      sum += load<f32>(lattice.weights + (entry << 2)) * load<f32>(from);
    }
    // the C++ code's guard against pixels without weight
    const n = f64(sum * alpha) + 1e-20;
    const at = usize(point) << 2;
    store<f32>(lattice.after + at, isSymmetric ? f32(1.0 / Math.sqrt(n)) : f32(1.0 / n));
    if (!isSymmetric) store<f32>(lattice.before + at, 1);
  }
  release(values);
}
