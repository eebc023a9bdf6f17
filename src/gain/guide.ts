/** GAIN as a plug-in: the guided training step of any model. */
import { grad } from "../autodiff/index.ts";
import {
  add,
  addAll,
  concat,
  input,
  mul,
  type Node,
  reshape,
  resizeBilinear,
  slice,
  stopGradient,
  sub,
  sum,
} from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import { attentionFeatures, attentionMap, normalizeMap } from "./attention.ts";
import {
  attentionMiningLoss,
  classificationLoss,
  counterfactualLoss,
  extraSupervisionLoss,
  hideAttended,
} from "./losses.ts";
import {
  type GuidanceOptions,
  hasMining,
  type ResolvedGuidance,
  resolveGuidance,
} from "./options.ts";

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
  readonly losses: Readonly<Record<"loss", Node>> & Readonly<Partial<Record<TermName, Node>>>;
  /** Of `loss`, by parameter name. */
  readonly gradients: ReadonlyMap<string, Node>;
}

export type TermName = "classification" | "mining" | "extra" | "counterfactual";

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
 * and, where `counterfactualWeight` asks for it, γ L_cf on top of L_ext.
 *
 * @throws {ShapeError} When the attention layer does not exist or has no spatial extent.
 */
export function guide(model: Model, options: GuidanceOptions, shape: BatchShape): GuidedStep {
  const resolved = resolveGuidance(options);
  const batch = { supervised: 0, slots: 1, ...shape };
  const sight = look(model, resolved, batch);
  const terms = [classificationTerm(sight)];
  if (hasMining(resolved)) terms.push(miningTerm(sight));
  if (resolved.guidance === "extra") {
    const supervision = supervisionOf(sight);
    terms.push(extraTerm(sight, supervision));
    if (resolved.counterfactualWeight !== 0) terms.push(counterfactualTerm(sight, supervision));
  }
  const loss = addAll(terms.map((term) => term.weighted));
  const gradients = grad(
    loss,
    model.parameters.map(({ node }) => node),
  );
  return {
    model,
    options: resolved,
    batch,
    masked: sight.masked,
    supervisedSize: sight.supervisedSize,
    inputs: Object.assign({}, ...terms.map((term) => term.inputs)) as GuidedInputs,
    losses: { loss, ...Object.fromEntries(terms.map((term) => [term.name, term.loss])) },
    gradients: new Map(model.parameters.map(({ name }, i) => [name, gradients[i]])),
  };
}

/** The first look at a batch, which all terms share. */
interface Sight {
  readonly model: Model;
  readonly options: ResolvedGuidance;
  readonly batch: Required<BatchShape>;
  readonly masked: number;
  readonly supervisedSize: number;
  readonly images: Node;
  readonly tags: Node;
  readonly logits: Node;
  readonly chosen: Node;
  /** `chosen` slot by slot, [M, C] each. */
  readonly choices: readonly Node[];
  /** Normalised attention slot by slot, [M, 1, h, w] each. */
  readonly maps: readonly Node[];
}

/** A part of the loss: as it counts in the sum, as it is reported, and what it is fed. */
interface Term {
  readonly name: TermName;
  readonly weighted: Node;
  readonly loss: Node;
  readonly inputs: Partial<GuidedInputs>;
}

function look(model: Model, options: ResolvedGuidance, batch: Required<BatchShape>): Sight {
  const { classes, inputSize } = model;
  const count = batch.images + batch.supervised;
  const images = input("images", [count, 3, inputSize, inputSize]);
  const tags = input("tags", [count, classes]);
  const chosen = input("chosen", [batch.slots, count, classes]);
  const forward = model.forward(images);
  const features = attentionFeatures(forward, options.layer ?? model.attentionLayer);
  const choices = Array.from({ length: batch.slots }, (_, slot) =>
    reshape(slice(chosen, [slot, 0, 0], [1, count, classes]), [count, classes]),
  );
  const maps = choices.map((choice) =>
    normalizeMap(attentionMap(features, forward.logits, choice, options), options),
  );
  return {
    model,
    options,
    batch,
    masked: Math.max(1, Math.round(options.maskedShare * batch.images)),
    supervisedSize: Math.round(inputSize / 4),
    images,
    tags,
    logits: forward.logits,
    chosen,
    choices,
    maps,
  };
}

function classificationTerm({ images, tags, logits, batch }: Sight): Term {
  const count = batch.images;
  const loss = classificationLoss(rows(logits, 0, count), rows(tags, 0, count));
  return { name: "classification", weighted: loss, loss, inputs: { images, tags } };
}

/** α L_am: the masked images, Q for each slot, are seen again. */
function miningTerm(sight: Sight): Term {
  const { model, options, images, chosen, choices, maps, masked } = sight;
  const { slots } = sight.batch;
  const { inputSize } = model;
  const miningWeights = input("miningWeights", [slots * masked]);
  const map = resizeBilinear(pairs(maps, 0, masked), [inputSize, inputSize]);
  const repeated = pairs(Array<Node>(slots).fill(images), 0, masked);
  const hidden = hideAttended(repeated, map, options);
  const { logits } = model.forward(hidden);
  const loss = attentionMiningLoss(logits, pairs(choices, 0, masked), miningWeights, options);
  const trained = options.miningTrains === "attention" ? onlyThrough(hidden, loss) : loss;
  const weighted = mul(trained, options.miningWeight);
  return { name: "mining", weighted, loss, inputs: { chosen, miningWeights } };
}

/**
 * The value of `loss` with those derivatives only that go through `x`: whatever else the loss
 * depends on is constant.
 */
function onlyThrough(x: Node, loss: Node): Node {
  const [gradient] = grad(loss, [x]);
  const linear = sum(mul(x, stopGradient(gradient)));
  return add(linear, stopGradient(sub(loss, linear)));
}

type Supervision = Required<Pick<GuidedInputs, "extraTargets" | "extraWeights">>;

function supervisionOf({ batch, supervisedSize: side }: Sight): Supervision {
  const size = [batch.slots * batch.supervised, side, side];
  return { extraTargets: input("extraTargets", size), extraWeights: input("extraWeights", size) };
}

/** ω L_e of the images with masks, and their share of the classification loss. */
function extraTerm(sight: Sight, { extraTargets, extraWeights }: Supervision): Term {
  const { options, tags, logits, chosen, maps, supervisedSize: side } = sight;
  const { images, supervised } = sight.batch;
  const map = resizeBilinear(pairs(maps, images, supervised), [side, side]);
  const loss = extraSupervisionLoss(reshape(map, extraTargets.shape), extraTargets, extraWeights);
  const classification = classificationLoss(
    rows(logits, images, supervised),
    rows(tags, images, supervised),
  );
  const weighted = add(
    mul(loss, options.extraWeight),
    mul(classification, options.extraClassificationWeight),
  );
  return { name: "extra", weighted, loss, inputs: { chosen, extraTargets, extraWeights } };
}

/** γ L_cf: the images with masks are seen twice more, their objects alone and all but those. */
function counterfactualTerm(sight: Sight, { extraTargets, extraWeights }: Supervision): Term {
  const { model, options, choices, supervisedSize: side } = sight;
  const { images, supervised, slots } = sight.batch;
  const count = slots * supervised;
  const { inputSize } = model;
  const seen = pairs(Array<Node>(slots).fill(sight.images), images, supervised);
  const mask = resizeBilinear(reshape(extraTargets, [count, 1, side, side]), [
    inputSize,
    inputSize,
  ]);
  const alone = mul(seen, mask);
  const { logits } = model.forward(concat([alone, sub(seen, alone)], 0));
  const loss = counterfactualLoss(
    rows(logits, 0, count),
    rows(logits, count, count),
    pairs(choices, images, supervised),
    sum(extraWeights, [1, 2]),
  );
  return {
    name: "counterfactual",
    weighted: mul(loss, options.counterfactualWeight),
    loss,
    inputs: {},
  };
}

/** `count` rows of the first axis. */
function rows(x: Node, from: number, count: number): Node {
  const rest = x.shape.slice(1);
  return slice(x, [from, ...rest.map(() => 0)], [count, ...rest]);
}

/** The same rows of every slot, slot by slot. */
function pairs(slots: readonly Node[], from: number, count: number): Node {
  return concat(
    slots.map((slot) => rows(slot, from, count)),
    0,
  );
}
