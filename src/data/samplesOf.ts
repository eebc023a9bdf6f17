/** The pictures of one split. */
import { DataError, type Dataset, type Sample } from "./types.ts";

/**
 * The pictures of a split.
 *
 * @throws {DataError} When there is no such split, or it is empty.
 */
export function samplesOf({ splits, root }: Dataset, split: string): readonly Sample[] {
  const samples = splits[split];
  if (samples === undefined) {
    throw new DataError(
      `${root}: split must be one of ${Object.keys(splits).join(", ")}; got "${split}". Choose another --split.`,
    );
  }
  if (samples.length === 0) {
    throw new DataError(`${root}: the split "${split}" is empty. Choose another --split.`);
  }
  return samples;
}
