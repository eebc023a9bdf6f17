/** Score-CAM on a machine: a layer's channels, and what the model says of pictures behind them. */
import { attentionFeatures, maskedLogits, scoreCamMaps, scoredChannels } from "../gain/index.ts";
import { input } from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";
import type { ClassMaps } from "./classMaps.ts";

export interface ScoreCamOptions {
  readonly layer?: string;
  /**
   * Channels that are asked about, those with the highest mean activation; 512 by default. Fewer
   * than the layer has are an approximation (see `scoredChannels`).
   */
  readonly channels?: number;
  /** Masked pictures at a time. */
  readonly batchSize?: number;
}

export class MaskedScores {
  readonly #model: Model;
  readonly #programs: { readonly layer: Program; readonly masked: Program };
  readonly #batchSize: number;
  readonly #limit: number;
  readonly #size: readonly [number, number];

  private constructor(
    model: Model,
    programs: { readonly layer: Program; readonly masked: Program },
    size: readonly [number, number],
    { batchSize, limit }: { readonly batchSize: number; readonly limit: number },
  ) {
    this.#model = model;
    this.#programs = programs;
    this.#size = size;
    this.#batchSize = batchSize;
    this.#limit = limit;
  }

  /** @param executor  Holds the model's parameters as state. */
  static async start(
    executor: Executor,
    model: Model,
    { layer = model.attentionLayer, channels = 512, batchSize = 16 }: ScoreCamOptions = {},
  ): Promise<MaskedScores> {
    if (!Number.isInteger(channels) || channels < 1) {
      throw new RangeError(`MaskedScores: channels must be a positive integer; got ${channels}.`);
    }
    const images = input("images", [1, 3, model.inputSize, model.inputSize]);
    const { node, toGrid } = attentionFeatures(model.forward(images), layer);
    const activations = toGrid(node);
    const [, , height, width] = activations.shape;
    const masked = maskedLogits(model, batchSize, [height, width]);
    const programs = {
      layer: await executor.compile({ outputs: { activations } }),
      masked: await executor.compile({ outputs: { logits: masked } }),
    };
    return new MaskedScores(model, programs, [height, width], { batchSize, limit: channels });
  }

  /**
   * @param image  Preprocessed, [3, S, S].
   * @returns      Score-CAM of every class.
   */
  async maps(image: Float32Array): Promise<ClassMaps> {
    const [height, width] = this.#size;
    const plane = height * width;
    const { classes } = this.#model;
    // Of its own: with a part of a batch the whole batch would be sent to the machine each time.
    const images = image.slice();
    const activations = await resultOf(this.#programs.layer, { images }, "activations");
    const chosen = scoredChannels(activations, plane, this.#limit);
    const own = new Float32Array(chosen.length * plane);
    for (const [m, k] of chosen.entries()) {
      own.set(activations.subarray(k * plane, (k + 1) * plane), m * plane);
    }
    const logits = new Float32Array(chosen.length * classes);
    for (let start = 0; start < chosen.length; start += this.#batchSize) {
      const channels = new Float32Array(this.#batchSize * plane);
      channels.set(own.subarray(start * plane, (start + this.#batchSize) * plane));
      const scores = await resultOf(this.#programs.masked, { images, channels }, "logits");
      logits.set(scores.subarray(0, (chosen.length - start) * classes), start * classes);
    }
    return { maps: scoreCamMaps(own, logits, { plane, classes }), height, width };
  }
}

async function resultOf(
  program: Program,
  feeds: Readonly<Record<string, Float32Array>>,
  name: string,
): Promise<Float32Array> {
  const result = (await program.run(feeds)).get(name);
  if (result === undefined) throw new RangeError(`internal: no ${name}.`);
  return result.data;
}
