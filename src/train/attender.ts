/** A model's logits and attention maps of any number of pictures, batch by batch. */

import { attend } from "../gain/index.ts";
import type { Model } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";
import { paddedBatch } from "./paddedBatch.ts";

export interface PictureAttention {
  /** [C]. */
  readonly logits: Float32Array;
  /** [C, height, width], each divided by its maximum. */
  readonly maps: Float32Array;
  readonly height: number;
  readonly width: number;
}

export class Attender {
  readonly batchSize: number;
  readonly #model: Model;
  readonly #program: Program;

  private constructor(model: Model, program: Program, batchSize: number) {
    this.#model = model;
    this.#program = program;
    this.batchSize = batchSize;
  }

  /** @param executor  Holds the model's parameters as state. */
  static async start(
    executor: Executor,
    model: Model,
    { batchSize = 16, layer }: { readonly batchSize?: number; readonly layer?: string } = {},
  ): Promise<Attender> {
    const { logits, maps } = attend(model, batchSize, layer);
    const program = await executor.compile({ outputs: { logits, maps } });
    return new Attender(model, program, batchSize);
  }

  /**
   * @param images  Preprocessed, [n, 3, S, S] with n at most the batch size.
   * @returns       One result for each image.
   */
  async attend(images: Float32Array): Promise<PictureAttention[]> {
    const { classes, inputSize } = this.#model;
    const { batch, count } = paddedBatch("attend", images, {
      size: inputSize,
      batchSize: this.batchSize,
    });
    const results = await this.#program.run({ images: batch }, [batch]);
    const [logits, maps] = [results.get("logits"), results.get("maps")];
    if (logits === undefined || maps === undefined) throw new RangeError("internal: no maps.");
    const [, , height, width] = maps.shape;
    const plane = height * width;
    return Array.from({ length: count }, (_, n) => {
      const own = new Float32Array(classes * plane);
      for (let c = 0; c < classes; c++) {
        const start = (c * this.batchSize + n) * plane;
        own.set(maps.data.subarray(start, start + plane), c * plane);
      }
      return {
        logits: logits.data.slice(n * classes, (n + 1) * classes),
        maps: own,
        height,
        width,
      };
    });
  }
}
