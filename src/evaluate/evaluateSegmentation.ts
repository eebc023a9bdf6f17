/** Measures a segmentation network on a split, as PASCAL VOC does. */
import {
  DataError,
  type Dataset,
  decodeMask,
  type LabelMap,
  type LoadFailure,
  type Sample,
} from "../data/index.ts";
import { maskFile, requireMaskSize } from "../data/mask.ts";
import { problemOf } from "../data/problem.ts";
import { samplesOf } from "../data/samplesOf.ts";
import type { SegmentationModel } from "../nn/index.ts";
import { type PictureCrf, type Segmenter, segmentSamples } from "../segment/index.ts";
import type { EvaluateJson } from "./evaluateJson.ts";
import { SegmentationScore } from "./segmentationScore.ts";

export interface EvaluateSegmentationOptions {
  readonly segmenter: Segmenter;
  readonly model: SegmentationModel;
  readonly dataset: Dataset;
  /** "val" by default. */
  readonly split?: string;
  /** Refines the masks with it first. */
  readonly crf?: PictureCrf | undefined;
  /** Threads that make masks from scores. */
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called for each picture, or mask, that cannot be used; it is left out of the figures. */
  readonly onFailure?: ((failure: LoadFailure) => void) | undefined;
  /** Called for each picture that is measured, with its mask and the truth. */
  readonly onPicture?: ((picture: MeasuredMask) => void) | undefined;
}

/** What one picture adds to the figures; both maps at its own size. */
export interface MeasuredMask {
  readonly sample: Sample;
  readonly mask: LabelMap;
  readonly truth: LabelMap;
}

/**
 * Intersections over unions at the pictures' own sizes, over those of the split that have a mask.
 * Image tags are not used.
 *
 * @throws {DataError} When there is no such split, or no picture of it has a mask, can be read and is
 *   not void everywhere.
 */
export async function evaluateSegmentation({
  segmenter,
  model,
  dataset,
  split = "val",
  crf,
  threads,
  signal,
  onProgress,
  onFailure,
  onPicture,
}: EvaluateSegmentationOptions): Promise<EvaluateJson> {
  const { classes, maskLabels, root } = dataset;
  const all = samplesOf(dataset, split);
  const samples = all.filter(({ mask }) => mask !== undefined);
  if (samples.length === 0) {
    throw new DataError(
      `${root}: the split "${split}" must have a picture with a mask to be measured; none has one. Choose another --split.`,
    );
  }
  const score = new SegmentationScore(classes);
  const unreadable: string[] = [];
  const fail = (failure: LoadFailure): void => {
    unreadable.push(failure.id);
    onFailure?.(failure);
  };
  let done = 0;
  const masks = segmentSamples({
    ...{ segmenter, model, samples, crf, threads, signal },
    onFailure: fail,
  });
  for await (const { sample, mask } of masks) {
    const { id, mask: source = "" } = sample;
    try {
      const truth = await decodeMask(source, maskLabels);
      requireMaskSize(source, truth, mask);
      score.add(mask, truth, id);
      onPicture?.({ sample, mask, truth });
    } catch (error) {
      fail({ id, file: maskFile(source), reason: problemOf(error).reason });
    }
    onProgress?.(++done, samples.length);
  }
  if (score.images === score.voidImages.length) {
    throw new DataError(
      `${root}: the split "${split}" must have a picture and mask that can be read and are not void; none has. Run gain check ${root}.`,
    );
  }
  return {
    split,
    images: score.images,
    classes,
    segmentation: {
      ...score.result(),
      crf: crf !== undefined,
      unreadable,
      withoutMask: all.length - samples.length,
    },
  };
}
