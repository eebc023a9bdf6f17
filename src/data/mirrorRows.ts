/** Mirrors a plane left to right, in place; rows of `width` numbers, any number of planes. */
export function mirrorRows(values: Float32Array | Uint8Array, width: number): void {
  for (let start = 0; start < values.length; start += width) {
    values.subarray(start, start + width).reverse();
  }
}
