/**
 * What one kind of training computes; the trainer does all else: it draws, loads, counts, checks
 * and saves.
 */
import type { Batch, Preprocessing, Sample } from "../data/index.ts";
import type { Node } from "../graph/index.ts";
import type { Parameter } from "../nn/index.ts";
import type { Random } from "../random.ts";
import type { Executor, TensorData } from "../runtime/index.ts";
import type { StepPlan } from "./sampler.ts";

/** A step whose result cannot be used, or options that contradict the data. */
export class TrainingError extends Error {
  override name = "TrainingError";
}

export interface Objective {
  readonly model: TrainedModel;
  /** Pictures whose masks may be used, and how many of them join each batch. */
  readonly supervised: readonly Sample[];
  readonly supervisedPerStep: number;
  /** Names the programs of a step, counted from 0: steps of one phase share them. */
  phaseOf(step: number): string;
  /** Loads the programs of a phase. */
  load(phase: string, context: ObjectiveContext): Promise<StepPrograms>;
  /** Gives back what the objective holds beside the executor. */
  close?(): Promise<void>;
}

/** What the trainer has to know of a network. */
export interface TrainedModel {
  readonly name: string;
  /** Side of the square input in pixels. */
  readonly inputSize: number;
  readonly preprocessing: Preprocessing;
  readonly parameters: readonly Parameter[];
}

export interface ObjectiveContext {
  readonly executor: Executor;
  /**
   * The state that a program with these gradients replaces: parameters and the optimiser's memory,
   * or the sums of gradients where several batches make a step.
   */
  updatesOf(gradients: ReadonlyMap<string, Node>): Readonly<Record<string, Node>>;
}

export interface StepPrograms {
  /** @returns  "loss" and its parts, each a scalar. */
  run(work: StepWork): Promise<ReadonlyMap<string, TensorData>>;
  unload(): Promise<void>;
}

/** One batch on its way through the programs. */
export interface StepWork {
  readonly plan: StepPlan;
  /** Its images are handed over, and are empty afterwards. */
  readonly batch: Batch;
  /** Feeds of the update: the optimiser's rates. */
  readonly rates: Readonly<Record<string, Float32Array>>;
  /** A generator of this batch's own: the same for a step whenever it is done. */
  readonly random: Random;
}
