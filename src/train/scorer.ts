/** A model's logits of any number of pictures that are painted as they are needed. */
import { input } from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";

export class Scorer {
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
    { batchSize = 16 }: { readonly batchSize?: number } = {},
  ): Promise<Scorer> {
    const { inputSize } = model;
    const images = input("images", [batchSize, 3, inputSize, inputSize]);
    const program = await executor.compile({ outputs: { logits: model.forward(images).logits } });
    return new Scorer(model, program, batchSize);
  }

  /**
   * Scores `count` pictures; the next batch is painted while one is computed.
   *
   * @param paint  Writes picture n, preprocessed, [3, S, S]; called once for each, in order.
   * @returns      [count, C].
   */
  async logits(
    count: number,
    paint: (n: number, image: Float32Array) => void,
  ): Promise<Float32Array> {
    const { classes, inputSize } = this.#model;
    const pixels = 3 * inputSize ** 2;
    const logits = new Float32Array(count * classes);
    let running: Promise<void> = Promise.resolve();
    for (let start = 0; start < count; start += this.batchSize) {
      const filled = Math.min(this.batchSize, count - start);
      const batch = new Float32Array(this.batchSize * pixels);
      for (let n = 0; n < filled; n++) {
        paint(start + n, batch.subarray(n * pixels, (n + 1) * pixels));
      }
      await running;
      running = this.#run(batch).then((scores) => {
        logits.set(scores.subarray(0, filled * classes), start * classes);
      });
    }
    await running;
    return logits;
  }

  async #run(images: Float32Array): Promise<Float32Array> {
    const logits = (await this.#program.run({ images }, [images])).get("logits");
    if (logits === undefined) throw new RangeError("internal: no logits.");
    return logits.data;
  }
}
