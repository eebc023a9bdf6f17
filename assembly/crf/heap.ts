/** Memory as a stack: whoever takes a mark gives back all that was allocated since. */

let top: usize = 0;

/** Bytes that may be read past the end of an allocation, for vectors that stick out. */
const slack: u64 = 64;

/** Forgets every allocation. */
export function resetHeap(): void {
  top = (__heap_base + 15) & ~15;
}

/** Uninitialised memory, aligned to 16 bytes. Traps where 4 GiB are not enough. */
export function allocate(bytes: u64): usize {
  const start = top;
  const end = (u64(start) + bytes + slack + 15) & ~15;
  const pages = (end + 0xffff) >> 16;
  if (pages > 0xffff) unreachable();
  const missing = i32(pages) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) unreachable();
  top = usize(end);
  return start;
}

export function mark(): usize {
  return top;
}

export function release(to: usize): void {
  top = to;
}
