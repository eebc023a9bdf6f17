/** Attention maps of all classes, for looking at and for scoring. */
import { concat, constant, input, type Node, reshape } from "../graph/index.ts";
import type { Forward, Model } from "../nn/index.ts";
import { attentionFeatures, attentionMap, normalizeMap } from "./attention.ts";

export interface Attention {
  /** [N, 3, S, S], preprocessed. */
  readonly images: Node;
  readonly forward: Forward;
  /** [N, C]. */
  readonly logits: Node;
  /** Each divided by its maximum, [C, N, h, w]. */
  readonly maps: Node;
}

/** Logits and the attention map of every class of a batch of images. */
export function attend(model: Model, batchSize: number, layer?: string): Attention {
  const images = input("images", [batchSize, 3, model.inputSize, model.inputSize]);
  const forward = model.forward(images);
  const features = attentionFeatures(forward, layer ?? model.attentionLayer);
  const maps = Array.from({ length: model.classes }, (_, index) => {
    const oneHot = Float32Array.from({ length: model.classes }, (__, c) => (c === index ? 1 : 0));
    const chosen = constant(oneHot, [1, model.classes]);
    const map = attentionMap(features, forward.logits, chosen, { weightGradient: false });
    const scaled = normalizeMap(map, { normalization: "max", normalizationGradient: false });
    const [n, , height, width] = scaled.shape;
    return reshape(scaled, [1, n, height, width]);
  });
  return { images, forward, logits: forward.logits, maps: concat(maps, 0) };
}
