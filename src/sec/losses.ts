/**
 * SEC's three losses, each a function of nodes (Kolesnikov & Lampert, "Seed, Expand and Constrain",
 * ECCV 2016), as the authors' code defines them.
 *
 * N images, K = C + 1 labels of which the first is background, maps of h·w = n places.
 */
import {
  add,
  div,
  equal,
  exp,
  log,
  max,
  mean,
  mul,
  type Node,
  neg,
  rank,
  relu,
  reshape,
  slice,
  softmax,
  stopGradient,
  sub,
  sum,
} from "../graph/index.ts";

/** Least probability, before probabilities are divided by their sum. */
const leastProbability = 1e-4;

/**
 * The probabilities of which all three losses are made.
 *
 *   p = (softmax(scores) + ε) / (1 + K·ε),   ε = 10⁻⁴
 *
 * @param scores  [N, K, h, w].
 * @returns       The same shape; over the labels they sum to 1.
 */
export function secProbabilities(scores: Node): Node {
  const total = 1 + scores.shape[1] * leastProbability;
  return mul(add(softmax(scores, 1), leastProbability), 1 / total);
}

/**
 * Seed: the cross-entropy at the cues.
 *
 *   −mean over images of  Σ cue·log p / Σ cue
 *
 * with one denominator for background and classes. An image without a cue counts as 0.
 *
 * @param probs  [N, K, h, w].
 * @param cues   The same shape: 1 at the label of a place with a cue, else 0.
 */
export function seedLoss(probs: Node, cues: Node): Node {
  const perImage = [1, 2, 3];
  return neg(mean(shareOf(sum(mul(cues, log(probs)), perImage), sum(cues, perImage))));
}

/**
 * Global weighted rank pooling: the mean of a map's probabilities, sorted from the largest, with
 * weights that decay.
 *
 *   G = Σ_j d^j · p_(j) / Σ_j d^j,   j = 0 … n − 1
 *
 * The order is constant to autodiff.
 *
 * @param probs  [N, C, h, w].
 * @param decay  d, in (0, 1]; 1 is the mean, towards 0 it becomes the maximum.
 * @returns      [N, C].
 * @throws {RangeError} When `decay` is not in (0, 1].
 */
export function globalWeightedRankPool(probs: Node, decay: number): Node {
  if (!(decay > 0 && decay <= 1)) {
    throw new RangeError(
      `globalWeightedRankPool: decay must be in (0, 1]; got ${decay}. Use max for a decay of 0.`,
    );
  }
  const [images, labels, height, width] = probs.shape;
  const places = height * width;
  const flat = reshape(probs, [images, labels, places]);
  let total = 0;
  for (let j = 0; j < places; j++) total += decay ** j;
  const weights = exp(mul(rank(flat), Math.log(decay)));
  return mul(sum(mul(flat, weights), 2), 1 / total);
}

export interface ExpandOptions {
  /** d₊, decay of classes that are in the image (0.996: the largest 10% carry half of the weight). */
  readonly foregroundDecay?: number;
  /** d_bg, decay of background (0.999: the largest 30% carry half of the weight). */
  readonly backgroundDecay?: number;
}

/**
 * Expand: classes of the image are there, others nowhere, and background is.
 *
 *   −mean over images of  [ mean over present c of log G_c(d₊)
 *                         + mean over absent c of log(1 − max p_c)
 *                         + log G_bg(d_bg) ]
 *
 * An image without a tag, or with all of them, has no classes of one kind: that mean is then 0.
 *
 * @param probs  [N, C + 1, h, w]; background first.
 * @param tags   [N, C], 0 or 1.
 */
export function expandLoss(probs: Node, tags: Node, options: ExpandOptions = {}): Node {
  const { foregroundDecay = 0.996, backgroundDecay = 0.999 } = options;
  const [images, labels, height, width] = probs.shape;
  const background = slice(probs, [0, 0, 0, 0], [images, 1, height, width]);
  const foreground = slice(probs, [0, 1, 0, 0], [images, labels - 1, height, width]);
  const absent = sub(1, tags);
  const here = mul(tags, log(globalWeightedRankPool(foreground, foregroundDecay)));
  const nowhere = mul(absent, log(sub(1, max(foreground, [2, 3]))));
  const behind = log(globalWeightedRankPool(background, backgroundDecay));
  const perImage = add(
    shareOf(sum(here, 1), sum(tags, 1)),
    shareOf(sum(nowhere, 1), sum(absent, 1)),
  );
  return neg(add(mean(perImage), mean(behind)));
}

/**
 * Constrain: the Kullback-Leibler divergence from the dense CRF's marginals.
 *
 *   mean over images and places of  Σ_c Q_c log(Q_c / p_c),   Q ∝ max(target, 10⁻⁴)
 *
 * @param probs   [N, K, h, w].
 * @param target  Marginals, the same shape; constant to autodiff.
 */
export function constrainLoss(probs: Node, target: Node): Node {
  const clipped = add(relu(sub(stopGradient(target), leastProbability)), leastProbability);
  const marginals = div(clipped, sum(clipped, 1, { keepDims: true }));
  return mean(sum(mul(marginals, sub(log(marginals), log(probs))), 1));
}

/** sum / count, or 0 where nothing is counted. */
const shareOf = (total: Node, count: Node): Node => div(total, add(count, equal(count, 0)));
