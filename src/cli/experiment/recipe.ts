/** How an experiment trains: an unguided start, and continuations of it that differ in guidance. */
import type { TrainOptionsInput } from "../../train/index.ts";
import { scratchContinuation, scratchStart } from "../demoRecipe.ts";

/** One continuation. */
export interface Variant {
  /** Name of its RUN folder. */
  readonly name: string;
  /** In tables and figures. */
  readonly label: string;
  readonly options: TrainOptionsInput;
}

/** What every continuation starts from. */
export interface Start {
  readonly options: TrainOptionsInput;
  /** Path of the data it is trained on; those of the experiment by default. */
  readonly data?: string;
  /** In tables and figures; without it the start is not measured. */
  readonly label?: string;
}

export interface Recipe {
  /** Without it the continuations start from the weights in their options, or from nothing. */
  readonly start?: Start;
  /** What all continuations have in common. */
  readonly continuation: TrainOptionsInput;
}

/** Name of the start's RUN folder. */
export const startFolder = "start";

/**
 * From scratch as the demo; on ImageNet's weights, or a classifier in a file, three epochs and two.
 * All continuations see as much: what differs between them is their guidance alone.
 *
 * @param given  Options for all trainings; `epochs` are those of the start.
 * @param continued  Epochs of each continuation.
 */
export function recipeOf(given: TrainOptionsInput, continued: number | undefined): Recipe {
  const [start, continuation] = isFromScratch(given)
    ? [scratchStart, scratchContinuation]
    : [onWeights, onWeightsContinued];
  return {
    start: { options: { ...start, ...given, guidance: "none" } },
    continuation: { ...continuation, ...ofContinuation(given, continued) },
  };
}

/** What is given for the continuations, which start from the start's weights. */
function ofContinuation(
  { weights: _, epochs: __, ...rest }: TrainOptionsInput,
  continued: number | undefined,
): TrainOptionsInput {
  return { ...rest, ...(continued !== undefined && { epochs: continued }) };
}

/** Whether there is nothing that the network has learnt before. */
export const isFromScratch = ({ weights, model }: TrainOptionsInput): boolean =>
  weights === undefined && (model ?? "smallnet") === "smallnet";

const onWeights: TrainOptionsInput = { epochs: 3, evaluate: "end" };
const onWeightsContinued: TrainOptionsInput = {
  epochs: 2,
  evaluate: "end",
  warmupEpochs: 0,
  learningRate: 2.5e-4,
};

/** A data set without the bias. */
export interface GeneralPictures {
  /** Its path. */
  readonly data: string;
  /** Whether a classifier of them can be measured on the biased data. */
  readonly hasSameClasses: boolean;
}

/**
 * For biased data. The continuations start from a network that has seen other pictures, as the
 * paper's does from ImageNet: a file of weights, or the start, trained on pictures without the bias.
 * With neither they start from a classifier that knows the biased pictures alone.
 *
 * @param general  What the start is trained on; undefined with own data or weights.
 */
export function biasRecipe(
  given: TrainOptionsInput,
  continued: number | undefined,
  general: GeneralPictures | undefined,
): Recipe {
  const own = ofContinuation(given, continued);
  if (general !== undefined) {
    return {
      start: {
        options: { ...onObjects, ...given, classes: undefined, guidance: "none" },
        data: general.data,
        ...(general.hasSameClasses && { label: startFolder }),
      },
      continuation: { ...onObjects, ...fromScratchOnBiased, ...own },
    };
  }
  const { weights } = given;
  if (weights !== undefined) {
    return { continuation: { ...onWeights, ...againstBias, ...own, weights } };
  }
  const recipe = recipeOf(given, continued);
  const continuation = isFromScratch(given)
    ? { ...scratchStart, ...fromScratchOnBiased, ...own }
    : { ...againstBias, ...recipe.continuation };
  return { ...recipe, continuation };
}

/** Large objects need no more pixels: half the side of the demo's, for a third of its time. */
const onObjects: TrainOptionsInput = { ...scratchStart, inputSize: 64, epochs: 6 };

/**
 * Masks guide with counterfactual pictures: by the losses on the map alone they keep less
 * (docs/results.md, "A biased training").
 */
const againstBias: TrainOptionsInput = {
  miningWeight: 0.3,
  extraWeight: 2,
  extraClassificationWeight: 0.25,
  counterfactualWeight: 0.3,
};

/** At twice the rate of the start, so that eight epochs undo what a long training would. */
const fromScratchOnBiased: TrainOptionsInput = {
  ...againstBias,
  epochs: 8,
  warmupEpochs: 0,
  learningRate: 2e-3,
};

/** Plain classification, whose Grad-CAM is looked at. */
export const unguided: Variant = { name: "none", label: "none", options: { guidance: "none" } };

/** GAIN. */
export const selfGuided: Variant = { name: "self", label: "self", options: { guidance: "self" } };

/** GAIN_ext. @param options  Such as which classes the masks are of. */
export const withMasks = (masks: number, options: TrainOptionsInput = {}): Variant => ({
  name: `masks${masks}`,
  label: `${masks} masks`,
  // So few masks are worth seeing from both sides.
  options: { guidance: "extra", masks, supervisedFlip: 0.5, ...options },
});
