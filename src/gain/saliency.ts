/** Where a picture matters to a classifier at all, whatever the class. */
import { grad } from "../autodiff/index.ts";
import { abs, max, type Node, sum } from "../graph/index.ts";
import type { Forward } from "../nn/index.ts";
import { attentionFeatures } from "./attention.ts";

/**
 * Layers of about stride 8 by model: VGG's is that of SEC's code (conv4_1), the others are the
 * places that correspond to it.
 */
const defaultLayers: Readonly<Record<string, string>> = {
  vgg16: "conv4_1",
  vgg16_fc: "conv4_1",
  squeezenet1_1: "fire5",
  smallnet: "conv4",
};

/**
 * The layer of a model's saliency unless another is asked for; of models that are not listed the one
 * half-way through, for the last one's gradient is the same everywhere under a pooling head.
 */
export const saliencyLayerOf = ({
  name,
  layers,
}: {
  readonly name: string;
  readonly layers: readonly string[];
}): string => defaultLayers[name] ?? layers[Math.floor(layers.length / 2)];

/**
 * Gradient saliency, as SEC's code makes its background cues (after Simonyan et al. 2014).
 *
 *   S = maxₖ |∂(Σ_c s^c) / ∂fₖ|
 *
 * @param layer  Name of the layer whose activations are f, [N, K, h, w].
 * @returns      S, [N, 1, h, w], at least 0.
 * @throws {ShapeError} When there is no such layer, or it has no spatial extent.
 */
export function saliency(forward: Forward, layer: string): Node {
  const { node, toGrid } = attentionFeatures(forward, layer, "saliency");
  const [gradient] = grad(sum(forward.logits), [node]);
  return max(abs(toGrid(gradient)), 1, { keepDims: true });
}
