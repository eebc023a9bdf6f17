/** How `gain demo` trains: one unguided start, and three short continuations from it. */
import { paperGuidance } from "../gain/index.ts";
import type { TrainOptionsInput } from "../train/index.ts";

export interface DemoStage {
  /** Name of its RUN folder. */
  readonly name: string;
  /** Name in tables and reports. */
  readonly label: string;
  /** What it does, for those who wait. */
  readonly title: string;
  readonly options: TrainOptionsInput;
}

export const startName = "start";

/** From scratch, so with Adam and at a high rate; the head as fast as the rest. */
export const scratchStart: TrainOptionsInput = {
  model: "smallnet",
  guidance: "none",
  // Side 96 in place of the pictures' 112 saves a quarter of the time; maps are 12x12.
  inputSize: 96,
  epochs: 10,
  batchSize: 16,
  optimizer: { kind: "adam" },
  learningRate: 1e-3,
  headRateFactor: 1,
  schedule: { kind: "poly", power: 0.9 },
  evaluate: "end",
  logEvery: 25,
};

/**
 * All three alike but for the guidance, which starts at once: the start has warmed up. With the
 * paper's weights, whose effect is seen after so few epochs.
 */
export const scratchContinuation: TrainOptionsInput = {
  ...scratchStart,
  ...paperGuidance,
  epochs: 3,
  learningRate: 3e-4,
  warmupEpochs: 0,
};

export const demoRecipe: readonly DemoStage[] = [
  {
    name: startName,
    label: startName,
    title: "A shared start, without guidance",
    options: scratchStart,
  },
  {
    name: "none",
    label: "none",
    title: "Going on without guidance",
    options: scratchContinuation,
  },
  {
    name: "self",
    label: "self",
    title: "Going on with self-guidance",
    options: { ...scratchContinuation, guidance: "self" },
  },
  {
    name: "masks60",
    label: "60 masks",
    title: "Going on with 60 masks",
    // So few masks are worth seeing from both sides.
    options: { ...scratchContinuation, guidance: "extra", masks: 60, supervisedFlip: 0.5 },
  },
];
