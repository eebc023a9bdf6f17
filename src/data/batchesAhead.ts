/** Going through many samples batch by batch, for those who look at each picture once. */

import { messageOf } from "../messageOf.ts";
import { noAugmentation } from "./augmentation.ts";
import type { Batch, Item, Loader, LoadFailure } from "./loader.ts";
import { DataError, type Sample } from "./types.ts";

export interface LoadedBatch {
  readonly items: readonly Item[];
  readonly batch: Batch;
}

/**
 * Samples in batches, the next one loading while one is used. A batch none of whose pictures can be
 * read has failures and no images.
 *
 * @param options.withMasks  Whether to load the masks of samples that have one.
 */
export async function* batchesAhead(
  loader: Loader,
  samples: readonly Sample[],
  batchSize: number,
  { withMasks = true }: { readonly withMasks?: boolean } = {},
): AsyncGenerator<LoadedBatch> {
  const load = async (start: number): Promise<LoadedBatch> => {
    const items = samples.slice(start, start + batchSize).map((sample) => ({
      sample,
      augmentation: noAugmentation,
      withMask: withMasks && sample.mask !== undefined,
    }));
    return { items, batch: await loadOrReport(loader, items) };
  };
  let next: Promise<LoadedBatch> | undefined;
  for (let start = 0; start < samples.length; start += batchSize) {
    const current: Promise<LoadedBatch> = next ?? load(start);
    next = start + batchSize < samples.length ? load(start + batchSize) : undefined;
    next?.catch(() => undefined); // Reported when its turn comes.
    yield await current;
  }
}

/** A batch none of whose pictures can be read is one with failures only. */
async function loadOrReport(loader: Loader, items: readonly Item[]): Promise<Batch> {
  try {
    return await loader.load(items);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const failures = await Promise.all(items.map((item) => failureOf(loader, item)));
    return { images: new Float32Array(0), sources: new Int32Array(0), failures };
  }
}

async function failureOf(
  loader: Loader,
  { sample, augmentation, withMask }: Item,
): Promise<LoadFailure> {
  const { id, image } = sample;
  try {
    await loader.load([{ sample, augmentation, withMask }]);
    return { id, file: image, reason: "the picture could not be read at first" };
  } catch (error) {
    return { id, file: image, reason: messageOf(error) };
  }
}
