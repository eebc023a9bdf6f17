/**
 * Which vertex a point of the lattice is: open addressing. A key is eight 16-bit coordinates in one
 * vector; those past the lattice's dimensions are zero.
 */

import { allocate } from "./heap.ts";

/** Keys by vertex, v128. */
let keys: usize = 0;
/** Vertex + 1 by slot, i32; 0 where there is none. */
let slots: usize = 0;
let capacity: i32 = 0;
let size: i32 = 0;

/** An empty table. Its memory is address space for the most that it can hold; only what is used is touched. */
export function startTable(maxVertices: i32): void {
  let maxCapacity: u64 = 2;
  while (maxCapacity < 2 * u64(maxVertices)) maxCapacity *= 2;
  keys = allocate(u64(maxVertices) * 16);
  slots = allocate(maxCapacity * 4);
  capacity = i32(min<u64>(maxCapacity, 1 << 14));
  memory.fill(slots, 0, usize(capacity) << 2);
  size = 0;
}

export function tableSize(): i32 {
  return size;
}

export function keyOf(vertex: i32): v128 {
  return v128.load(keys + (usize(vertex) << 4));
}

/** The vertex of a key, or −1. */
export function find(key: v128): i32 {
  const mask = capacity - 1;
  let slot = hashOf(key) & mask;
  while (true) {
    const vertex = load<i32>(slots + (usize(slot) << 2)) - 1;
    if (vertex < 0 || !v128.any_true(v128.xor(keyOf(vertex), key))) return vertex;
    slot = (slot + 1) & mask;
  }
}

/** The vertex of a key, a new one where there is none. */
export function findOrAdd(key: v128): i32 {
  const found = find(key);
  if (found >= 0) return found;
  v128.store(keys + (usize(size) << 4), key);
  size++;
  if (2 * size > capacity) grow();
  else place(size - 1);
  return size - 1;
}

function grow(): void {
  capacity *= 2;
  memory.fill(slots, 0, usize(capacity) << 2);
  for (let vertex = 0; vertex < size; vertex++) place(vertex);
}

function place(vertex: i32): void {
  const mask = capacity - 1;
  let slot = hashOf(keyOf(vertex)) & mask;
  while (load<i32>(slots + (usize(slot) << 2)) !== 0) slot = (slot + 1) & mask;
  store<i32>(slots + (usize(slot) << 2), vertex + 1);
}

/** Odd 64-bit constants of xxHash. */
const lowFactor: i64 = (i64(0x9e3779b1) << 32) | i64(0x85ebca87);
const highFactor: i64 = (i64(0xc2b2ae3d) << 32) | i64(0x27d4eb4f);

/** The high half of a sum of products, in which every coordinate is mixed. */
function hashOf(key: v128): i32 {
  const low = i64x2.extract_lane(key, 0) * lowFactor;
  const high = i64x2.extract_lane(key, 1) * highFactor;
  return i32((low + high) >> 32);
}
