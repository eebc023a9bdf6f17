/** GAIN as a plug-in: the guided training step of any model. */
import { grad } from "../autodiff/index.ts";
import {
  add,
  concat,
  input,
  mul,
  type Node,
  reshape,
  resizeBilinear,
  slice,
} from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import { attentionFeatures, attentionMap, normalizeMap } from "./attention.ts";
import {
  attentionMiningLoss,
  classificationLoss,
  extraSupervisionLoss,
  hideAttended,
} from "./losses.ts";
import { type GuidanceOptions, guidanceDefaults, type ResolvedGuidance } from "./options.ts";

export interface BatchShape {
  /** N: images with tags. */
  readonly images: number;
  /** E: images with masks or boxes, behind the others; 0 without extra supervision. */
  readonly supervised?: number;
  /** K: how many classes of an image have their map in one step; 1 by default. */
  readonly slots?: number;
}

/** The losses of one step and their gradients, as nodes; what to feed is in `inputs`. */
export interface GuidedStep {
  readonly model: Model;
  readonly options: ResolvedGuidance;
  readonly batch: Required<BatchShape>;
  /** Images that are masked and seen again, the first of the batch. */
  readonly masked: number;
  /** Side of the maps in the extra supervision. */
  readonly supervisedSize: number;
  readonly inputs: GuidedInputs;
  /** `loss` is the weighted sum; the others are not weighted. */
  readonly losses: Readonly<Record<"loss", Node>> &
    Readonly<Partial<Record<"classification" | "mining" | "extra", Node>>>;
  /** Of `loss`, by parameter name. */
  readonly gradients: ReadonlyMap<string, Node>;
}

/** M = N + E images, K slots, C classes, Q masked images, R = `supervisedSize`. */
export interface GuidedInputs {
  /** [M, 3, S, S], preprocessed. */
  readonly images: Node;
  /** [M, C], 0 or 1. */
  readonly tags: Node;
  /** Class of each image in each slot, one-hot or zeros: [K, M, C]. */
  readonly chosen?: Node;
  /** [K·Q]: 1 / (Q · classes of the image), or 0 for an empty slot. */
  readonly miningWeights?: Node;
  /** [K·E, R, R]: 1 on the chosen class. */
  readonly extraTargets?: Node;
  /** [K·E, R, R]: 0 on void pixels and empty slots, else 1 / (pairs · pixels that count). */
  readonly extraWeights?: Node;
}

/**
 * The guided training step of a model.
 *
 *   L_self = L_cl + α L_am          (eq. 6)
 *   L_ext  = L_cl + α L_am + ω L_e  (eq. 8)
 *
 * @throws {ShapeError} When the attention layer does not exist or has no spatial extent.
 */
export function guide(model: Model, options: GuidanceOptions, shape: BatchShape): GuidedStep {
  const resolved: ResolvedGuidance = { ...guidanceDefaults, ...options };
  const { guidance, layer = model.attentionLayer } = resolved;
  const batch = { supervised: 0, slots: 1, ...shape };
  const { images: n, supervised: e, slots } = batch;
  const { classes, inputSize } = model;
  const masked = Math.max(1, Math.round(resolved.maskedShare * n));
  const supervisedSize = Math.round(inputSize / 4);

  const images = input("images", [n + e, 3, inputSize, inputSize]);
  const tags = input("tags", [n + e, classes]);
  const forward = model.forward(images);
  const rows = (x: Node, from: number, count: number): Node =>
    slice(x, [from, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)]);
  const classification = classificationLoss(rows(forward.logits, 0, n), rows(tags, 0, n));
  const finish = (
    inputs: GuidedInputs,
    loss: Node,
    parts: { mining?: Node; extra?: Node },
  ): GuidedStep => {
    const gradients = grad(
      loss,
      model.parameters.map(({ node }) => node),
    );
    return {
      model,
      options: resolved,
      batch,
      masked,
      supervisedSize,
      inputs,
      losses: { loss, classification, ...parts },
      gradients: new Map(model.parameters.map(({ name }, i) => [name, gradients[i]])),
    };
  };
  const hasMining = guidance !== "none" && resolved.miningWeight !== 0;
  const hasExtra = guidance === "extra";
  if (!hasMining && !hasExtra) return finish({ images, tags }, classification, {});

  const chosen = input("chosen", [slots, n + e, classes]);
  const features = attentionFeatures(forward, layer);
  const choices = Array.from({ length: slots }, (_, k) =>
    reshape(slice(chosen, [k, 0, 0], [1, n + e, classes]), [n + e, classes]),
  );
  const maps = choices.map((choice) =>
    normalizeMap(attentionMap(features, forward.logits, choice, resolved), resolved),
  );
  const pairsOf = (of: readonly Node[], from: number, count: number): Node =>
    concat(
      of.map((node) => rows(node, from, count)),
      0,
    );

  let loss = classification;
  const inputs: { -readonly [K in keyof GuidedInputs]: GuidedInputs[K] } = { images, tags, chosen };
  const parts: { mining?: Node; extra?: Node } = {};
  if (hasMining) {
    const weights = input("miningWeights", [slots * masked]);
    const map = resizeBilinear(pairsOf(maps, 0, masked), [inputSize, inputSize]);
    const repeated = concat(Array<Node>(slots).fill(rows(images, 0, masked)), 0);
    const hidden = model.forward(hideAttended(repeated, map, resolved));
    const pairs = pairsOf(choices, 0, masked);
    const mining = attentionMiningLoss(hidden.logits, pairs, weights, resolved);
    loss = add(loss, mul(mining, resolved.miningWeight));
    inputs.miningWeights = weights;
    parts.mining = mining;
  }
  if (hasExtra) {
    const size = [slots * e, supervisedSize, supervisedSize];
    const targets = input("extraTargets", size);
    const weights = input("extraWeights", size);
    const map = resizeBilinear(pairsOf(maps, n, e), [supervisedSize, supervisedSize]);
    const extra = extraSupervisionLoss(reshape(map, size), targets, weights);
    const again = classificationLoss(rows(forward.logits, n, e), rows(tags, n, e));
    loss = add(loss, mul(extra, resolved.extraWeight));
    loss = add(loss, mul(again, resolved.extraClassificationWeight));
    inputs.extraTargets = targets;
    inputs.extraWeights = weights;
    parts.extra = extra;
  }
  return finish(inputs, loss, parts);
}
