/** A model's logits and attention maps of any number of pictures, batch by batch. */

import { attend, type CamMethod, isGradientCam } from "../gain/index.ts";
import type { Model } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";
import { type ClassMaps, logitsAt, mapsAt, scaledMaps } from "./classMaps.ts";
import { MaskedScores } from "./maskedScores.ts";
import { paddedBatch } from "./paddedBatch.ts";
import { Scorer } from "./scorer.ts";

export interface PictureAttention extends ClassMaps {
  /** [C]. */
  readonly logits: Float32Array;
  /** [C, height, width], each divided by its maximum. */
  readonly maps: Float32Array;
}

export interface AttenderStart {
  readonly batchSize?: number;
  /** The model's attention layer by default. */
  readonly layer?: string;
  /** "grad-cam" by default. */
  readonly method?: CamMethod;
  /** Of "score-cam": see `ScoreCamOptions`. */
  readonly channels?: number;
}

/** How the pictures of a batch are looked at. */
type Look = (images: Float32Array) => Promise<PictureAttention[]>;

export class Attender {
  readonly batchSize: number;
  readonly #look: Look;

  private constructor(look: Look, batchSize: number) {
    this.#look = look;
    this.batchSize = batchSize;
  }

  /** @param executor  Holds the model's parameters as state. */
  static async start(
    executor: Executor,
    model: Model,
    { batchSize = 16, layer, method = "grad-cam", channels }: AttenderStart = {},
  ): Promise<Attender> {
    if (!isGradientCam(method)) {
      const options = { batchSize, ...(layer && { layer }), ...(channels && { channels }) };
      return new Attender(await maskingLook(executor, model, options), batchSize);
    }
    const { logits, maps } = attend(model, batchSize, layer, method);
    const program = await executor.compile({ outputs: { logits, maps } });
    return new Attender(gradientLook(program, model, batchSize), batchSize);
  }

  /**
   * @param images  Preprocessed, [n, 3, S, S] with n at most the batch size.
   * @returns       One result for each image.
   */
  attend(images: Float32Array): Promise<PictureAttention[]> {
    return this.#look(images);
  }
}

/** Runs a program with the outputs `logits` and `maps`. */
const gradientLook =
  (program: Program, { classes, inputSize }: Model, batchSize: number): Look =>
  async (images) => {
    const { batch, count } = paddedBatch("attend", images, { size: inputSize, batchSize });
    const results = await program.run({ images: batch }, [batch]);
    return Array.from({ length: count }, (_, n) => ({
      logits: logitsAt(results, n, classes),
      ...mapsAt(results, "maps", n),
    }));
  };

async function maskingLook(
  executor: Executor,
  model: Model,
  options: { readonly batchSize: number; readonly layer?: string; readonly channels?: number },
): Promise<Look> {
  const { classes, inputSize } = model;
  const scorer = await Scorer.start(executor, model, options);
  const masked = await MaskedScores.start(executor, model, options);
  const pixels = 3 * inputSize ** 2;
  return async (images) => {
    const { batchSize } = options;
    const { batch, count } = paddedBatch("attend", images, { size: inputSize, batchSize });
    const pictures = Array.from({ length: count }, (_, n) =>
      batch.subarray(n * pixels, (n + 1) * pixels),
    );
    const logits = await scorer.logits(count, (n, image) => image.set(pictures[n]));
    const results: PictureAttention[] = [];
    for (const [n, picture] of pictures.entries()) {
      const { maps, ...size } = await masked.maps(picture);
      const own = logits.slice(n * classes, (n + 1) * classes);
      results.push({ logits: own, maps: scaledMaps(maps, classes), ...size });
    }
    return results;
  };
}
