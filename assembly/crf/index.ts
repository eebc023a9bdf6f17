/**
 * The dense CRF on WebAssembly SIMD, compiled by AssemblyScript (`npm run build`) to
 * dist/crf/denseCrf.wasm. src/crf/wasmKernel.ts calls, in this order: `begin`, `addKernel` twice,
 * `beginUnary`, `solve`. One problem at a time; `begin` forgets the one before.
 */

import { allocate, mark, release, resetHeap } from "./heap.ts";
import { blur, buildLattice, Lattice, normalize } from "./lattice.ts";
import { pass } from "./meanField.ts";
import { logitsInto, planesInto } from "./planes.ts";

let pixels: i32 = 0;
let classes: i32 = 0;
/** Bytes of one pixel's classes, filled up to whole vectors. */
let stride: usize = 0;
let features: usize = 0;
let gaussian: usize = 0;
let bilateral: usize = 0;
let logits: usize = 0;
let scores: usize = 0;
let planes: usize = 0;

/** @returns  Room for a kernel's features, f32 [pixels, 5 at most]. */
export function begin(pixelCount: i32, classCount: i32): usize {
  resetHeap();
  pixels = pixelCount;
  classes = classCount;
  stride = ((usize(classCount) + 3) & ~3) << 2;
  gaussian = 0;
  scores = allocate(u64(stride));
  features = allocate(u64(pixels) * 5 * 4);
  return features;
}

/** Builds the lattice of a kernel from `features`: first the gaussian one, then the bilateral one. */
export function addKernel(dimensions: i32, weight: f32, isSymmetric: bool): i32 {
  const lattice = buildLattice(features, pixels, dimensions);
  normalize(lattice, isSymmetric, weight);
  if (gaussian === 0) gaussian = changetype<usize>(lattice);
  else bilateral = changetype<usize>(lattice);
  return lattice.vertices;
}

/** @returns  Room for the energies, f32 [classes, pixels]. */
export function beginUnary(): usize {
  logits = allocate(u64((pixels + 3) & ~3) * u64(stride));
  planes = mark();
  return allocate(u64(pixels) * u64(classes) * 4);
}

/** @returns  The marginals, f32 [classes, pixels], until the next call. */
export function solve(iterations: i32): usize {
  logitsInto(logits, planes, pixels, classes, stride);
  release(planes);
  const first = changetype<Lattice>(gaussian);
  const second = changetype<Lattice>(bilateral);
  allocateValues(first);
  allocateValues(second);
  for (let iteration = 0; iteration <= iterations; iteration++) {
    const isLast = iteration === iterations;
    if (!isLast) {
      clear(first);
      clear(second);
    }
    pass(logits, scores, first, second, stride, iteration === 0, isLast);
    if (!isLast) {
      blurNext(first);
      blurNext(second);
    }
  }
  release(planes);
  const marginals = allocate(u64(pixels) * u64(classes) * 4);
  planesInto(marginals, logits, pixels, classes, stride);
  return marginals;
}

function allocateValues(lattice: Lattice): void {
  lattice.values = allocate(u64(lattice.vertices) * u64(stride));
  lattice.next = allocate(u64(lattice.vertices) * u64(stride));
}

function clear(lattice: Lattice): void {
  memory.fill(lattice.next, 0, usize(lattice.vertices) * stride);
}

function blurNext(lattice: Lattice): void {
  blur(lattice, lattice.next, stride);
  const values = lattice.values;
  lattice.values = lattice.next;
  lattice.next = values;
}
