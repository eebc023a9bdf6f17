/** From scores to the mask of one picture, with or without the dense CRF. */
import { type DenseCrfOptions, denseCrf, scaledCrf } from "../crf/index.ts";
// Not from data/index.ts: every thread that makes masks would load all readers of data sets.
import { type LabelMap, resampleMask } from "../data/mask.ts";
import { decodePicture, pictureSize, sizeWithin } from "../data/picture.ts";
import { argmax, pictureProbabilities, type ScoreMap } from "./probabilities.ts";

/** A dense CRF for pictures of any size. */
export interface PictureCrf extends DenseCrfOptions {
  /** Longest side of the pictures that its distances are meant for, pixels. */
  readonly side: number;
}

export interface RefineRequest extends ScoreMap {
  /** Path of the picture. */
  readonly image: string;
  /** Without it, the mask is the most probable class of each pixel. */
  readonly crf?: PictureCrf;
  /** Labels that may occur; all by default. */
  readonly labels?: readonly number[];
}

/** Probabilities below this are raised to it before their logarithm (SEC's deploy/demo.py). */
const leastProbability = 1e-5;

/**
 * Longest side at which a mask is computed; a larger picture's mask is enlarged, so that a photograph
 * of any size fits into memory. VOC's pictures, of up to 500 pixels, are not touched.
 */
const longestSide = 1024;

/**
 * The mask of a picture at its own size: 0 background, i + 1 class i.
 *
 * @throws {DataError} When the picture cannot be read.
 */
export async function refineMask(request: RefineRequest): Promise<LabelMap> {
  const { image, crf, classes, labels = Array.from({ length: classes }, (_, k) => k) } = request;
  const original = await pictureSize(image);
  const { width, height } = sizeWithin(original, longestSide);
  const probabilities = pictureProbabilities(request, width, height, labels);
  const marginals =
    crf === undefined
      ? probabilities
      : denseCrf(
          {
            unary: probabilities.map((p) => -Math.log(Math.max(p, leastProbability))),
            image: (await decodePicture(image, width, height)).pixels,
            classes: labels.length,
            width,
            height,
          },
          scaledCrf(crf, crf.side / Math.max(width, height)),
        );
  const winners = argmax(marginals, labels.length, width * height).map((k) => labels[k]);
  const mask = { labels: winners, width, height };
  const isWhole = width === original.width && height === original.height;
  return isWhole ? mask : resampleMask(mask, original.width, original.height);
}
