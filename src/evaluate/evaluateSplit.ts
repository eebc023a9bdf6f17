/** Measures a model on a split: how well it ranks the pictures, and where it looks. */

import {
  batchesAhead,
  DataError,
  type Dataset,
  Loader,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import { samplesOf } from "../data/samplesOf.ts";
import type { Model } from "../nn/index.ts";
import type { Attender, PictureAttention } from "../train/index.ts";
import { AttentionScore } from "./attentionScore.ts";
import { meanAveragePrecision } from "./averagePrecision.ts";
import type { EvaluateJson } from "./evaluateJson.ts";

export interface EvaluateSplitOptions<P extends PictureAttention = PictureAttention> {
  /** An `Attender`, or what gives more of each picture besides. */
  readonly attender: Pick<Attender, "batchSize"> & {
    attend(images: Float32Array): Promise<P[]>;
  };
  readonly model: Model;
  readonly dataset: Dataset;
  /** "val" by default. */
  readonly split?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called for each picture that cannot be read; it is left out of the figures. */
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
  /** Called for each picture that can be read, in the split's order, and waited for. */
  readonly onPicture?: ((picture: MeasuredPicture & P) => void | Promise<void>) | undefined;
}

/** What one picture adds to the figures. */
export interface MeasuredPicture extends PictureAttention {
  readonly sample: Sample;
  /** Preprocessed, [3, S, S]. */
  readonly image: Float32Array;
  /** At the network's input size S, [S, S], where the picture has a mask. */
  readonly mask?: Uint8Array;
}

/**
 * Average precision over all pictures of the split, and the attention figures over those that have
 * a mask, from the maps of each picture's own tags. Pictures whose scores or maps are NaN, as those
 * of a network whose weights have diverged, are counted and left out.
 *
 * @throws {DataError} When there is no such split, or no picture of it can be read.
 * @throws {RangeError} When no picture of the split has a tag.
 */
export async function evaluateSplit<P extends PictureAttention>({
  attender,
  model,
  dataset,
  split = "val",
  signal,
  onProgress,
  onFailure,
  onPicture,
}: EvaluateSplitOptions<P>): Promise<EvaluateJson> {
  const { classes } = dataset;
  const samples = samplesOf(dataset, split);
  const loader = new Loader({
    size: model.inputSize,
    preprocessing: model.preprocessing,
    maskLabels: dataset.maskLabels,
  });
  const score = new AttentionScore(classes);
  const scores: number[] = [];
  const targets: number[] = [];
  const diverged: string[] = [];
  let done = 0;
  /** Whether the picture could be measured. */
  const measure = (sample: Sample, { logits, maps, height, width }: PictureAttention): boolean => {
    for (let c = 0; c < classes.length; c++) {
      if (!sample.tags.includes(c)) maps.fill(0, c * height * width, (c + 1) * height * width);
    }
    if (logits.some(Number.isNaN) || maps.some(Number.isNaN)) {
      diverged.push(sample.id);
      return false;
    }
    scores.push(...logits);
    targets.push(...classes.map((_, c) => (sample.tags.includes(c) ? 1 : 0)));
    return true;
  };
  try {
    for await (const { items, batch } of batchesAhead(loader, samples, attender.batchSize)) {
      signal?.throwIfAborted();
      for (const failure of batch.failures) onFailure?.(failure);
      const results = await attender.attend(batch.images);
      const pixels = model.inputSize ** 2;
      for (const [n, result] of results.entries()) {
        // A slot whose own picture could not be read holds another one, which has its own slot.
        if (batch.sources[n] !== n) continue;
        const { sample, withMask } = items[n];
        const isMeasured = measure(sample, result);
        const mask = withMask ? batch.masks?.subarray(n * pixels, (n + 1) * pixels) : undefined;
        const image = batch.images.subarray(3 * n * pixels, 3 * (n + 1) * pixels);
        await onPicture?.({ sample, image, ...result, ...(mask && { mask }) });
        onProgress?.(done + n + 1, samples.length);
        if (mask === undefined || !isMeasured) continue;
        score.add(result.maps, result.height, result.width, mask, model.inputSize);
      }
      done += items.length;
      onProgress?.(done, samples.length);
    }
  } finally {
    await loader.close();
  }
  const images = scores.length / classes.length;
  if (images === 0 && diverged.length === 0) {
    throw new DataError(
      `${dataset.root}: the split "${split}" must have a picture that can be read; none can. Run gain check ${dataset.root}.`,
    );
  }
  return {
    split,
    images,
    classes,
    ...(images > 0 && { classification: meanAveragePrecision(scores, targets, classes) }),
    ...(score.images > 0 && { attention: score.result() }),
    ...(diverged.length > 0 && { diverged: { pictures: diverged.length, first: diverged[0] } }),
  };
}
