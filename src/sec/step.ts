/** The training step of a segmentation model on cues, tags and the CRF's marginals. */
import { grad } from "../autodiff/index.ts";
import { addAll, input, mul, type Node } from "../graph/index.ts";
import type { Dropout, SegmentationModel } from "../nn/index.ts";
import {
  constrainLoss,
  type ExpandOptions,
  expandLoss,
  secProbabilities,
  seedLoss,
} from "./losses.ts";

export interface SecBatch {
  /** N. */
  readonly images: number;
  /** Whether fc6 and fc7 have dropout; true by default. */
  readonly dropout?: boolean;
}

export interface SecOptions extends ExpandOptions {
  /** Weights of the three losses, 1 each; a loss of weight 0 is left out, with what it is fed. */
  readonly seedWeight?: number;
  readonly expandWeight?: number;
  readonly constrainWeight?: number;
}

/** The losses of one step and their gradients, as nodes; what to feed is in `inputs`. */
export interface SecStep {
  readonly model: SegmentationModel;
  readonly inputs: SecInputs;
  /** Factors to draw and feed, 1 / keep or 0 for each element. */
  readonly dropouts: readonly Dropout[];
  /** Scores [N, 1 + C, h, w] with dropout: those of which the CRF makes `target`. */
  readonly scores: Node;
  /** `loss` is the weighted sum; the others are not weighted. */
  readonly losses: Readonly<Record<"loss", Node>> &
    Readonly<Partial<Record<"seed" | "expand" | "constrain", Node>>>;
  /** Of `loss`, by parameter name. */
  readonly gradients: ReadonlyMap<string, Node>;
}

/** N images of C classes, maps of h x w. */
export interface SecInputs {
  /** [N, 3, S, S], preprocessed. */
  readonly images: Node;
  /** [N, 1 + C, h, w]: 1 at the label of a place with a cue, else 0. */
  readonly cues?: Node;
  /** [N, C], 0 or 1. */
  readonly tags?: Node;
  /** The CRF's marginals for `scores`, [N, 1 + C, h, w]. */
  readonly target?: Node;
}

/** A part of the loss: as it is reported, its weight, and what it is fed. */
interface Term {
  readonly name: "seed" | "expand" | "constrain";
  readonly weight: number;
  build(): { loss: Node; inputs: Partial<SecInputs> };
}

/**
 * The training step of SEC.
 *
 *   L = L_seed + L_expand + L_constrain          (Kolesnikov & Lampert 2016, eq. 1)
 *
 * @throws {RangeError} When all weights are 0.
 */
export function secStep(
  model: SegmentationModel,
  { images: count, dropout = true }: SecBatch,
  options: SecOptions = {},
): SecStep {
  const { seedWeight = 1, expandWeight = 1, constrainWeight = 1, ...decays } = options;
  const images = input("images", [count, 3, model.inputSize, model.inputSize]);
  const { scores, dropouts } = model.forward(images, { dropout });
  const probs = secProbabilities(scores);
  const all: readonly Term[] = [
    {
      name: "seed",
      weight: seedWeight,
      build: () => {
        const cues = input("cues", scores.shape);
        return { loss: seedLoss(probs, cues), inputs: { cues } };
      },
    },
    {
      name: "expand",
      weight: expandWeight,
      build: () => {
        const tags = input("tags", [count, model.classes]);
        return { loss: expandLoss(probs, tags, decays), inputs: { tags } };
      },
    },
    {
      name: "constrain",
      weight: constrainWeight,
      build: () => {
        const target = input("target", scores.shape);
        return { loss: constrainLoss(probs, target), inputs: { target } };
      },
    },
  ];
  const terms = all
    .filter(({ weight }) => weight !== 0)
    .map(({ name, weight, build }) => ({ name, weight, ...build() }));
  if (terms.length === 0) {
    throw new RangeError(
      "secStep: seedWeight, expandWeight and constrainWeight must not all be 0. Leave one at 1.",
    );
  }
  const loss = addAll(terms.map((term) => mul(term.loss, term.weight)));
  const gradients = grad(
    loss,
    model.parameters.map(({ node }) => node),
  );
  return {
    model,
    inputs: Object.assign({ images }, ...terms.map(({ inputs }) => inputs)) as SecInputs,
    dropouts,
    scores,
    losses: { loss, ...Object.fromEntries(terms.map(({ name, loss }) => [name, loss])) },
    gradients: new Map(model.parameters.map(({ name }, i) => [name, gradients[i]])),
  };
}
