/**
 * Images of a batch that may not be full, followed by blank ones.
 *
 * @param images  Preprocessed, [n, 3, size, size] with n at most the batch size.
 * @returns       [batchSize, 3, size, size], and n.
 * @throws {RangeError} When `images` is no whole number of images, or of too many.
 */
export function paddedBatch(
  op: string,
  images: Float32Array,
  { size, batchSize }: { readonly size: number; readonly batchSize: number },
): { batch: Float32Array; count: number } {
  const pixels = 3 * size * size;
  const count = images.length / pixels;
  if (!Number.isInteger(count) || count > batchSize) {
    throw new RangeError(
      `${op}: images must be at most ${batchSize} of ${pixels} values; got ${images.length} values.`,
    );
  }
  const batch = new Float32Array(batchSize * pixels);
  batch.set(images);
  return { batch, count };
}
