/** The paper's mask and losses, each a function of nodes. */
import {
  add,
  binaryCrossEntropy,
  mean,
  mul,
  type Node,
  neg,
  sigmoid,
  softmax,
  softplus,
  square,
  sub,
  sum,
} from "../graph/index.ts";
import type { ResolvedGuidance } from "./options.ts";

/**
 * What is left of the images when the attended part is hidden.
 *
 *   I* = I − T(A) ⊙ I,   T(A) = 1 / (1 + exp(−ω (A − σ)))          (eq. 3 and 4)
 *
 * computed as I ⊙ (1 − T(A)) with 1 − T(A) = 1 / (1 + exp(ω (A − σ))).
 *
 * @param images  Preprocessed pixels, [N, 3, S, S]: what is hidden becomes the mean colour.
 * @param map     A, normalised and resized, [N, 1, S, S].
 */
export function hideAttended(
  images: Node,
  map: Node,
  { sigma, slope }: Pick<ResolvedGuidance, "sigma" | "slope">,
): Node {
  return mul(images, sigmoid(neg(mul(sub(map, sigma), slope))));
}

/** L_cl: multi-label soft margin loss, the mean over images and classes of the cross-entropy. */
export function classificationLoss(logits: Node, tags: Node): Node {
  return mean(binaryCrossEntropy(logits, tags));
}

/**
 *   L_am = Σ_p weight_p · s^c(I*^c)          (eq. 5 with weight = 1 / (images · n))
 *
 * @param logits   Of the masked images, one row for each (image, class) pair, [P, C].
 * @param chosen   The class of each pair, one-hot, [P, C].
 * @param weights  [P]; zero for pairs that are not there.
 */
export function attentionMiningLoss(
  logits: Node,
  chosen: Node,
  weights: Node,
  { miningScore }: Pick<ResolvedGuidance, "miningScore">,
): Node {
  const scores = {
    sigmoid: (): Node => sigmoid(logits),
    softmax: (): Node => softmax(logits, 1),
    logit: (): Node => logits,
  }[miningScore]();
  return sum(mul(sum(mul(scores, chosen), 1), weights));
}

/**
 *   L_e = Σ_p Σ_x weight_px · (A_px − H_px)²          (eq. 7)
 *
 * @param maps     A, [P, R, R].
 * @param targets  H, 1 on the class, [P, R, R].
 * @param weights  [P, R, R]; zero on void pixels, else 1 / (pairs · pixels that count).
 */
export function extraSupervisionLoss(maps: Node, targets: Node, weights: Node): Node {
  return sum(mul(square(sub(maps, targets)), weights));
}

/**
 * A picture's object alone is still of its class, the picture without the object no longer is: what
 * Chang, Adam & Goldenberg call an invariant and a counterfactual picture ("Towards Robust
 * Classification Model by Counterfactual and Invariant Data Generation", CVPR 2021). With ℓ the
 * cross-entropy of one class,
 *
 *   L_cf = Σ_p weight_p · (ℓ(s^c(H ⊙ I), 1) + ℓ(s^c(I − H ⊙ I), 0))
 *
 * @param alone    Logits of H ⊙ I, [P, C].
 * @param without  Logits of I − H ⊙ I, [P, C].
 * @param chosen   c of each pair, one-hot, [P, C].
 * @param weights  [P]; zero for pairs that are not there.
 */
export function counterfactualLoss(alone: Node, without: Node, chosen: Node, weights: Node): Node {
  const both = add(binaryCrossEntropy(alone, chosen), softplus(without));
  return sum(mul(sum(mul(both, chosen), 1), weights));
}
