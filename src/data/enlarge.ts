/**
 * Stretches interleaved RGB bytes, [height, width, 3], to at least their own size, bilinearly
 * with pixel centres at halves: y = x[a] + t (x[b] - x[a]), edges repeated.
 *
 * Not left to libvips 8.18, whose linear kernel moves a picture by one pixel along the axis that
 * does not grow when only the other one grows (320x213 to 224x224).
 */
export function enlarge(
  pixels: Uint8Array,
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
): Uint8Array {
  if (newWidth === width && newHeight === height) return pixels;
  const columns = taps(width, newWidth);
  const rows = taps(height, newHeight);
  const result = new Uint8Array(newWidth * newHeight * 3);
  for (let y = 0, i = 0; y < newHeight; y++) {
    const above = rows.first[y] * width * 3;
    const below = rows.second[y] * width * 3;
    const v = rows.fraction[y];
    for (let x = 0; x < newWidth; x++) {
      const left = columns.first[x] * 3;
      const right = columns.second[x] * 3;
      const u = columns.fraction[x];
      for (let c = 0; c < 3; c++, i++) {
        const a = pixels[above + left + c];
        const b = pixels[below + left + c];
        const upper = a + u * (pixels[above + right + c] - a);
        const lower = b + u * (pixels[below + right + c] - b);
        result[i] = upper + v * (lower - upper) + 0.5;
      }
    }
  }
  return result;
}

/** The two source pixels of each new pixel, and the second one's share. */
function taps(
  size: number,
  newSize: number,
): { first: Int32Array; second: Int32Array; fraction: Float64Array } {
  const centers = Float64Array.from({ length: newSize }, (_, i) =>
    Math.min(Math.max(((i + 0.5) * size) / newSize - 0.5, 0), size - 1),
  );
  const first = Int32Array.from(centers, Math.floor);
  return {
    first,
    second: first.map((i) => Math.min(i + 1, size - 1)),
    fraction: centers.map((center, i) => center - first[i]),
  };
}
