/** Attention maps of all classes, for looking at and for scoring. */
import { grad } from "../autodiff/index.ts";
import { concat, constant, input, mul, type Node, reshape, sum } from "../graph/index.ts";
import type { Forward, Model } from "../nn/index.ts";
import { attentionFeatures, normalizeMap } from "./attention.ts";
import { camMethods, type GradientCamMethod } from "./camMethods.ts";

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
export function attend(
  model: Model,
  batchSize: number,
  layer?: string,
  method: GradientCamMethod = "grad-cam",
): Attention {
  const { images, forward, logits, maps } = attendViews(model, batchSize, [
    { layer: layer ?? model.attentionLayer, method },
  ]);
  return { images, forward, logits, maps: concat(maps[0].map(scaled), 0) };
}

/** A way to look: a method at a layer. */
export interface GradientView {
  readonly method: GradientCamMethod;
  readonly layer: string;
}

export interface Views extends Omit<Attention, "maps"> {
  /** Of each view and class, as its method gives it, [N, 1, h, w]. */
  readonly maps: readonly (readonly Node[])[];
}

/** The maps of every class by several views, which share the forward and the backward passes. */
export function attendViews(
  model: Model,
  batchSize: number,
  views: readonly GradientView[],
): Views {
  const images = input("images", [batchSize, 3, model.inputSize, model.inputSize]);
  const forward = model.forward(images);
  const layers = [...new Set(views.map(({ layer }) => layer))];
  const features = layers.map((layer) => attentionFeatures(forward, layer));
  const gradients = Array.from({ length: model.classes }, (_, index) => {
    const oneHot = Float32Array.from({ length: model.classes }, (__, c) => (c === index ? 1 : 0));
    const score = sum(mul(forward.logits, constant(oneHot, [1, model.classes])));
    return grad(
      score,
      features.map(({ node }) => node),
    );
  });
  const maps = views.map(({ method, layer }) => {
    const l = layers.indexOf(layer);
    const { node, toGrid } = features[l];
    return gradients.map((own) => camMethods[method].map(toGrid(node), toGrid(own[l])));
  });
  return { images, forward, logits: forward.logits, maps };
}

/** Maps of all classes, as they are, in one tensor: [C, N, h, w]. */
export const stackMaps = (maps: readonly Node[]): Node => concat(maps.map(asRow), 0);

const scaled = (map: Node): Node =>
  asRow(normalizeMap(map, { normalization: "max", normalizationGradient: false }));

/** [N, 1, h, w] to [1, N, h, w]. */
function asRow(map: Node): Node {
  const [n, , height, width] = map.shape;
  return reshape(map, [1, n, height, width]);
}
