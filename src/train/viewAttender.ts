/** Pictures looked at by several methods and layers at once. */
import {
  attend,
  attendViews,
  type CamMethod,
  type GradientView,
  isGradientCam,
  stackMaps,
} from "../gain/index.ts";
import type { Model } from "../nn/index.ts";
import type { Executor, Program } from "../runtime/index.ts";
import type { PictureAttention } from "./attender.ts";
import { type ClassMaps, logitsAt, mapsAt } from "./classMaps.ts";
import { MaskedScores } from "./maskedScores.ts";
import { paddedBatch } from "./paddedBatch.ts";

/** A way to look: a method at a layer. */
export interface CamView {
  readonly method: CamMethod;
  readonly layer: string;
}

export interface PictureViews extends PictureAttention {
  /**
   * Of each view the maps as its method gives them, at least 0. Those of Score-CAM are computed when
   * they are asked for, because they take a forward pass for each channel.
   */
  readonly views: readonly (() => Promise<ClassMaps>)[];
}

export interface ViewAttenderOptions {
  readonly views: readonly CamView[];
  /** Layer of the maps that every picture has beside its views, Grad-CAM's; the model's own. */
  readonly layer?: string;
  readonly batchSize?: number;
  /** Of "score-cam": see `ScoreCamOptions`. */
  readonly channels?: number;
}

/** Where a view's maps come from: an output of the program, or Score-CAM. */
type Source = { readonly output: string } | { readonly masked: MaskedScores };

/** Like `Attender`, with any number of further views, all that take gradients in one program. */
export class ViewAttender {
  readonly batchSize: number;
  readonly #model: Model;
  readonly #program: Program;
  readonly #sources: readonly Source[];

  private constructor(
    model: Model,
    program: Program,
    sources: readonly Source[],
    batchSize: number,
  ) {
    this.#model = model;
    this.#program = program;
    this.#sources = sources;
    this.batchSize = batchSize;
  }

  /** @param executor  Holds the model's parameters as state. */
  static async start(
    executor: Executor,
    model: Model,
    { views, layer, batchSize = 16, channels }: ViewAttenderOptions,
  ): Promise<ViewAttender> {
    const { logits, maps } = attend(model, batchSize, layer);
    const gradients = views.filter((view): view is GradientView => isGradientCam(view.method));
    const ofViews = attendViews(model, batchSize, gradients).maps.map(stackMaps);
    const outputs = Object.fromEntries(
      gradients.map((view, i) => [outputOf(view), ofViews[i]] as const),
    );
    // Both trace the forward pass; the program has it once, as `simplify` merges what is the same.
    const program = await executor.compile({ outputs: { logits, maps, ...outputs } });
    const masked = new Map<string, MaskedScores>();
    const sources: Source[] = [];
    for (const view of views) {
      if (isGradientCam(view.method)) {
        sources.push({ output: outputOf(view) });
        continue;
      }
      const options = { layer: view.layer, batchSize, ...(channels && { channels }) };
      const scores = masked.get(view.layer) ?? (await MaskedScores.start(executor, model, options));
      masked.set(view.layer, scores);
      sources.push({ masked: scores });
    }
    return new ViewAttender(model, program, sources, batchSize);
  }

  /**
   * @param images  Preprocessed, [n, 3, S, S] with n at most the batch size.
   * @returns       One result for each image.
   */
  async attend(images: Float32Array): Promise<PictureViews[]> {
    const { classes, inputSize } = this.#model;
    const { batchSize } = this;
    const { batch, count } = paddedBatch("attend", images, { size: inputSize, batchSize });
    const results = await this.#program.run({ images: batch }, [batch]);
    const pixels = 3 * inputSize ** 2;
    return Array.from({ length: count }, (_, n) => ({
      logits: logitsAt(results, n, classes),
      ...mapsAt(results, "maps", n),
      views: this.#sources.map((source) => async () => {
        if ("output" in source) return mapsAt(results, source.output, n);
        return source.masked.maps(images.subarray(n * pixels, (n + 1) * pixels));
      }),
    }));
  }
}

const outputOf = ({ method, layer }: CamView): string => `${method} at ${layer}`;
