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

export interface Recipe {
  readonly start: TrainOptionsInput;
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
  const { weights, epochs, ...rest } = given;
  const isFromScratch = weights === undefined && (given.model ?? "smallnet") === "smallnet";
  const [start, continuation] = isFromScratch
    ? [scratchStart, scratchContinuation]
    : [onWeights, onWeightsContinued];
  return {
    start: {
      ...start,
      ...rest,
      ...(weights !== undefined && { weights }),
      ...(epochs !== undefined && { epochs }),
      guidance: "none",
    },
    continuation: {
      ...continuation,
      ...rest,
      ...(continued !== undefined && { epochs: continued }),
    },
  };
}

const onWeights: TrainOptionsInput = { epochs: 3, evaluate: "end" };
const onWeightsContinued: TrainOptionsInput = {
  epochs: 2,
  evaluate: "end",
  warmupEpochs: 0,
  learningRate: 2.5e-4,
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
