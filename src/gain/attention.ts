/** Trainable Grad-CAM: attention maps that are part of the graph. */
import { grad } from "../autodiff/index.ts";
import {
  add,
  div,
  max,
  mean,
  mul,
  type Node,
  neg,
  relu,
  stopGradient,
  sub,
  sum,
} from "../graph/index.ts";
import type { Forward, Layer } from "../nn/index.ts";
import { ShapeError } from "../shape.ts";
import type { ResolvedGuidance } from "./options.ts";

/** Keeps a map that is zero everywhere from being divided by zero. */
const epsilon = 1e-8;

/**
 * Grad-CAM of one class of each image.
 *
 *   wₖ = GAP(∂s^c / ∂fₖ)          (eq. 1)
 *   A  = ReLU(Σₖ wₖ fₖ)            (eq. 2)
 *
 * Images of a batch do not meet, so one backward pass gives each image the map of its own class.
 *
 * @param features  f, activations of the layer, as [N, K, h, w]; the logits must depend on them.
 * @param logits    s, [N, C].
 * @param chosen    One-hot rows, [N, C]; a row of zeros gives a map of zeros.
 * @returns         A, [N, 1, h, w], at least 0, differentiable.
 */
export function attentionMap(
  { node, toGrid }: SpatialLayer,
  logits: Node,
  chosen: Node,
  { weightGradient }: Pick<ResolvedGuidance, "weightGradient">,
): Node {
  const [gradient] = grad(sum(mul(logits, chosen)), [node]);
  const weights = mean(toGrid(gradient), [2, 3], { keepDims: true });
  return weighedSum(toGrid(node), weightGradient ? weights : stopGradient(weights));
}

/**
 * What the weighted activations agree on: ReLU(Σₖ wₖ fₖ).
 *
 * @param activations  f, [N, K, h, w].
 * @param weights      w, [N, K, 1, 1], or one for each place.
 * @returns            [N, 1, h, w].
 */
export const weighedSum = (activations: Node, weights: Node): Node =>
  relu(sum(mul(activations, weights), 1, { keepDims: true }));

/** A layer that lies on the picture. */
export type SpatialLayer = Required<Layer>;

/**
 * A map scaled to [0, 1], image by image: A / max A, or (A − min A) / (max A − min A).
 *
 * @param map  [N, 1, h, w].
 */
export function normalizeMap(
  map: Node,
  {
    normalization,
    normalizationGradient,
  }: Pick<ResolvedGuidance, "normalization" | "normalizationGradient">,
): Node {
  if (normalization === "none") return map;
  const through = (extremum: Node): Node =>
    normalizationGradient ? extremum : stopGradient(extremum);
  const high = through(max(map, [2, 3], { keepDims: true }));
  if (normalization === "max") return div(map, add(high, epsilon));
  const low = through(neg(max(neg(map), [2, 3], { keepDims: true })));
  return div(sub(map, low), add(sub(high, low), epsilon));
}

/**
 * The activations of a layer with spatial extent.
 *
 * @param op  Who asks, for the error.
 * @throws {ShapeError} When there is no such layer, or it has no spatial extent.
 */
export function attentionFeatures(
  { layers }: Forward,
  layer: string,
  op: string = "attention",
): SpatialLayer {
  const { node, toGrid } = layers.get(layer) ?? {};
  if (node === undefined || toGrid === undefined) {
    const names = [...layers].flatMap(([name, { toGrid }]) => (toGrid ? [name] : []));
    throw new ShapeError(`${op}: layer must be one of ${listed(names)}; got "${layer}".`);
  }
  return { node, toGrid };
}

/** Names to choose from; of a large network the last ones, where attention is taken. */
function listed(names: readonly string[]): string {
  const shown = 20;
  if (names.length <= shown) return names.join(", ");
  return `${names.length}, the last of which are ${names.slice(-shown).join(", ")}`;
}
