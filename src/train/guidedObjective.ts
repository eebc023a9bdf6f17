/** The objective of GAIN: classification, attention mining, and extra supervision. */
import type { Dataset, Sample } from "../data/index.ts";
import { type GuidanceOptions, guide, hasMining } from "../gain/index.ts";
import type { Model } from "../nn/index.ts";
import { batchFeeds } from "./feeds.ts";
import {
  type Objective,
  type ObjectiveContext,
  type StepPrograms,
  TrainingError,
} from "./objective.ts";

export interface GuidedObjectiveOptions {
  readonly model: Model;
  readonly guidance: GuidanceOptions;
  readonly dataset: Dataset;
  /** Pictures whose masks may be used, with guidance "extra". */
  readonly supervised: readonly Sample[];
  /** Pictures with masks added to each batch. */
  readonly supervisedPerStep: number;
  readonly batchSize: number;
  /** Steps at the start without the attention mining loss. */
  readonly warmupSteps: number;
  /** Whether activations are computed again instead of being kept; false by default. */
  readonly recompute?: boolean;
}

/** @throws {TrainingError} When the options contradict the data. */
export function guidedObjective(options: GuidedObjectiveOptions): Objective {
  checkOptions(options);
  const { model, guidance, supervised, warmupSteps } = options;
  const isMined = hasMining(guidance);
  const withMasks = guidance.guidance === "extra" ? options.supervisedPerStep : 0;
  return {
    model,
    supervised,
    supervisedPerStep: withMasks,
    phaseOf: (step) => (isMined && step >= warmupSteps ? mining : plain),
    load: (phase, context) => loadGuided(options, phase === mining, withMasks, context),
  };
}

const mining = "with attention mining";
const plain = "without attention mining";

async function loadGuided(
  { model, guidance, dataset, batchSize, recompute = false }: GuidedObjectiveOptions,
  withMining: boolean,
  supervised: number,
  { executor, updatesOf }: ObjectiveContext,
): Promise<StepPrograms> {
  const phaseGuidance = withMining ? guidance : { ...guidance, miningWeight: 0 };
  const slots = slotsOf(guidance, dataset.splits.train);
  const step = guide(model, phaseGuidance, { images: batchSize, supervised, slots });
  const program = await executor.compile(
    { outputs: { ...step.losses }, updates: updatesOf(step.gradients) },
    { recompute },
  );
  return {
    run: ({ plan, batch, rates }) =>
      program.run({ ...batchFeeds(step, plan, batch), ...rates }, [batch.images]),
    unload: () => program.unload(),
  };
}

/** Slots for the classes of an image: one, or as many as any picture has tags. */
function slotsOf({ classesPerImage }: GuidanceOptions, samples: readonly Sample[]): number {
  if (classesPerImage !== "all") return 1;
  return Math.max(1, ...samples.map(({ tags }) => tags.length));
}

function checkOptions({ dataset, guidance, supervised, model }: GuidedObjectiveOptions): void {
  if (dataset.classes.length !== model.classes) {
    throw new TrainingError(
      `model: must have a class for each of the ${dataset.classes.length} of the data; got ${model.classes}.`,
    );
  }
  if (guidance.guidance === "extra" && supervised.length === 0) {
    throw new TrainingError(
      `${dataset.root}: guidance "extra" must have pictures with masks or boxes; the split "train" has none. Add masks, or use --guidance self.`,
    );
  }
}
