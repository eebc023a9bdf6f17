/** Score-CAM: attention without gradients, from what the network says of masked pictures. */
import { add, div, input, max, mul, type Node, neg, resizeBilinear, sub } from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import { formatShape, ShapeError, sizeOf } from "../shape.ts";

/** Keeps a constant channel from being divided by zero. */
const epsilon = 1e-8;

/**
 * The scores of one picture seen through channels of a layer (Wang et al. 2020, eqs. 3 and 4).
 *
 *   Hₖ = (Uₖ − min Uₖ) / (max Uₖ − min Uₖ),   U the channel enlarged to the picture
 *   logits = s(X ∘ Hₖ)
 *
 * The mask multiplies the preprocessed picture, so that what is hidden has the preprocessing's mean
 * colour.
 *
 * @param count  Channels at a time, M.
 * @param size   Of the layer, [h, w].
 * @returns      [M, C], of the inputs `images`, [1, 3, S, S], and `channels`, [M, 1, h, w].
 */
export function maskedLogits(model: Model, count: number, size: readonly [number, number]): Node {
  const side = model.inputSize;
  const images = input("images", [1, 3, side, side]);
  const channels = input("channels", [count, 1, ...size]);
  const enlarged = resizeBilinear(channels, [side, side]);
  const high = max(enlarged, [2, 3], { keepDims: true });
  const low = neg(max(neg(enlarged), [2, 3], { keepDims: true }));
  const mask = div(sub(enlarged, low), add(sub(high, low), epsilon));
  return model.forward(mul(images, mask)).logits;
}

/**
 * The channels that Score-CAM asks about: those that are not the same everywhere, whose mask would
 * hide all, and of these the `limit` with the highest mean activation, highest first.
 *
 * All of them are the method; with a lower limit it is an approximation, because the softmax of the
 * weights leaves the others out.
 *
 * @param activations  [K, h, w].
 */
export function scoredChannels(
  activations: Float32Array,
  plane: number,
  limit: number,
): readonly number[] {
  const channels = activations.length / plane;
  const means = new Float64Array(channels);
  const varying: number[] = [];
  for (let k = 0; k < channels; k++) {
    const [first] = activations.subarray(k * plane, k * plane + 1);
    let isConstant = true;
    for (let i = k * plane; i < (k + 1) * plane; i++) {
      means[k] += activations[i] / plane;
      if (activations[i] !== first) isConstant = false;
    }
    if (!isConstant) varying.push(k);
  }
  return varying.sort((a, b) => means[b] - means[a] || a - b).slice(0, limit);
}

/**
 * The maps of every class from the masked scores (Wang et al. 2020, algorithm 1).
 *
 *   αₖ = softmaxₖ(s(X ∘ Hₖ) − s(0)),   A = ReLU(Σₖ αₖ fₖ)
 *
 * The score of the blank picture is the same for every channel, which softmax does not see. Scores
 * are logits.
 *
 * @param activations  f of the chosen channels, [M, h, w].
 * @param logits       Of the picture behind each, [M, C].
 * @returns            [C, h, w], at least 0; zeros where no channel was chosen.
 * @throws {ShapeError} When the lengths do not fit.
 */
export function scoreCamMaps(
  activations: Float32Array,
  logits: Float32Array,
  { plane, classes }: { readonly plane: number; readonly classes: number },
): Float32Array {
  const count = logits.length / classes;
  if (activations.length !== sizeOf([count, plane])) {
    throw new ShapeError(
      `scoreCamMaps: activations must be ${formatShape([count, plane])} for ${logits.length} logits of ${classes} classes; got ${activations.length} values.`,
    );
  }
  const maps = new Float32Array(classes * plane);
  const sums = new Float64Array(plane);
  for (let c = 0; c < classes; c++) {
    let highest = -Infinity;
    for (let k = 0; k < count; k++) highest = Math.max(highest, logits[k * classes + c]);
    let total = 0;
    sums.fill(0);
    for (let k = 0; k < count; k++) {
      const weight = Math.exp(logits[k * classes + c] - highest);
      total += weight;
      for (let i = 0; i < plane; i++) sums[i] += weight * activations[k * plane + i];
    }
    for (let i = 0; i < plane; i++) {
      maps[c * plane + i] = count === 0 ? 0 : Math.max(0, sums[i] / total);
    }
  }
  return maps;
}
