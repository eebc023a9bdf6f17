/** A segmentation network's scores of any number of pictures, batch by batch. */

import { input } from "../graph/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";
import { paddedBatch } from "../train/index.ts";
import type { ScoreMap } from "./probabilities.ts";

export class Segmenter {
  readonly batchSize: number;
  readonly #model: SegmentationModel;
  readonly #program: Program;

  private constructor(model: SegmentationModel, program: Program, batchSize: number) {
    this.#model = model;
    this.#program = program;
    this.batchSize = batchSize;
  }

  /** @param executor  Holds the model's parameters as state. */
  static async start(
    executor: Executor,
    model: SegmentationModel,
    { batchSize = 4 }: { readonly batchSize?: number } = {},
  ): Promise<Segmenter> {
    const { inputSize } = model;
    const { scores } = model.forward(input("images", [batchSize, 3, inputSize, inputSize]));
    const program = await executor.compile({ outputs: { scores } });
    return new Segmenter(model, program, batchSize);
  }

  /**
   * @param images  Preprocessed, [n, 3, S, S] with n at most the batch size.
   * @returns       One map for each image.
   */
  async scores(images: Float32Array): Promise<ScoreMap[]> {
    const { classes, inputSize, outputSize: side } = this.#model;
    const { batch, count } = paddedBatch("scores", images, {
      size: inputSize,
      batchSize: this.batchSize,
    });
    const scores = (await this.#program.run({ images: batch }, [batch])).get("scores");
    if (scores === undefined) throw new RangeError("internal: no scores.");
    const size = (classes + 1) * side * side;
    return Array.from({ length: count }, (_, n) => ({
      scores: scores.data.slice(n * size, (n + 1) * size),
      classes: classes + 1,
      side,
      inputSize,
    }));
  }
}
