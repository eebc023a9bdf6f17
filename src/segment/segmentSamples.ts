/** Masks of many pictures: the network batch by batch, the rest on threads, few of them in memory. */
import {
  batchesAhead,
  DataError,
  type LabelMap,
  Loader,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import { WorkerError, WorkerPool } from "../workerPool.ts";
import { workerUrl } from "../workerUrl.ts";
import type { PictureCrf, RefineRequest } from "./refineMask.ts";
import type { Segmenter } from "./segmenter.ts";

export interface SegmentSamplesOptions {
  readonly segmenter: Segmenter;
  readonly model: SegmentationModel;
  readonly samples: readonly Sample[];
  /** Refines with it. */
  readonly crf?: PictureCrf | undefined;
  /** Whether only a picture's tags may occur in its mask; one without tags may have all classes. */
  readonly useTags?: boolean;
  /** Threads that make masks from scores. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each picture that cannot be read; it has no mask. */
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
}

export interface SampleMask {
  readonly sample: Sample;
  /** At the picture's size: 0 background, i + 1 class i. */
  readonly mask: LabelMap;
}

/** Masks of the samples, in their order. */
export async function* segmentSamples(options: SegmentSamplesOptions): AsyncGenerator<SampleMask> {
  const { segmenter, model, samples, threads, signal, onFailure } = options;
  const { inputSize: size, preprocessing } = model;
  const loader = new Loader({ size, preprocessing, maskLabels: new Uint8Array(256) });
  const pool = new WorkerPool<RefineRequest, LabelMap>(workerUrl(import.meta.url, "refineWorker"), {
    threads,
  });
  const waiting: Promise<SampleMask | undefined>[] = [];
  const batches = batchesAhead(loader, samples, segmenter.batchSize, { withMasks: false });
  try {
    for await (const { items, batch } of batches) {
      signal?.throwIfAborted();
      for (const failure of batch.failures) onFailure?.(failure);
      const maps = await segmenter.scores(batch.images);
      for (const [n, map] of maps.entries()) {
        // A slot whose own picture could not be read holds another one, which has its own slot.
        if (batch.sources[n] !== n) continue;
        const { sample } = items[n];
        const request = { ...map, image: sample.image, ...refinement(options, sample) };
        const mask = pool.ask(request, [map.scores.buffer as ArrayBuffer]);
        const result = mask.then(
          (labels) => ({ sample, mask: labels }),
          (error: unknown) => failed(sample, error, onFailure),
        );
        result.catch(() => undefined); // Thrown when its turn comes.
        waiting.push(result);
      }
      while (waiting.length > segmenter.batchSize + threads) yield* nextOf(waiting);
    }
    while (waiting.length > 0) yield* nextOf(waiting);
  } finally {
    await Promise.all([loader.close(), pool.close()]);
  }
}

async function* nextOf(waiting: Promise<SampleMask | undefined>[]): AsyncGenerator<SampleMask> {
  const result = await waiting.shift();
  if (result !== undefined) yield result;
}

function refinement(
  { crf, useTags = false }: SegmentSamplesOptions,
  { tags }: Sample,
): Pick<RefineRequest, "crf" | "labels"> {
  const isRestricted = useTags && tags.length > 0;
  return {
    ...(crf && { crf }),
    ...(isRestricted && { labels: [0, ...tags.map((tag) => tag + 1)] }),
  };
}

/** A picture that can be decoded small but not whole is one that cannot be read. */
function failed(
  { id, image }: Sample,
  error: unknown,
  onFailure: SegmentSamplesOptions["onFailure"],
): undefined {
  const isOfData =
    error instanceof DataError ||
    (error instanceof WorkerError && ["DataError", "ProblemError"].includes(error.thrownName));
  if (!isOfData || !(error instanceof Error)) throw error;
  onFailure?.({ id, file: image, reason: error.message });
  return undefined;
}
