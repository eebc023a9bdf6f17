/** Which pictures a step sees and how; its whole state fits into a checkpoint. */
import {
  type AugmentationOptions,
  drawAugmentation,
  type Item,
  type Sample,
} from "../data/index.ts";
import { Random, type RandomState } from "../random.ts";

export interface SamplerOptions {
  /** Pictures with tags, all of them seen once in an epoch. */
  readonly samples: readonly Sample[];
  /** Pictures whose masks or boxes may be used. */
  readonly supervised: readonly Sample[];
  /** N: pictures of a step. */
  readonly batchSize: number;
  /** E: of these, drawn with replacement. */
  readonly supervisedPerStep: number;
  readonly augmentation: AugmentationOptions;
  /** Of the pictures with masks; as the others by default. */
  readonly supervisedAugmentation?: AugmentationOptions;
}

/** What one step loads: N items, then E with masks. */
export interface StepPlan {
  readonly items: readonly Item[];
  /** For each item a number in [0, 1) that draws one of its tags. */
  readonly draws: readonly number[];
}

export interface SamplerState {
  readonly random: RandomState;
  /** State from which the order of this epoch was shuffled. */
  readonly epoch: RandomState;
  /** Pictures of this epoch that were seen. */
  readonly position: number;
}

export class Sampler {
  readonly #options: SamplerOptions;
  #random: Random;
  #epoch: RandomState;
  #order: readonly number[];
  #position: number;

  constructor(options: SamplerOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#epoch = random.state;
    this.#order = this.#shuffle();
    this.#position = 0;
  }

  get state(): SamplerState {
    return { random: this.#random.state, epoch: this.#epoch, position: this.#position };
  }

  restore({ random, epoch, position }: SamplerState): void {
    this.#random = new Random(epoch);
    this.#order = this.#shuffle();
    this.#epoch = epoch;
    this.#position = position;
    this.#random = new Random(random);
  }

  /** Draws the next step. A last batch of an epoch that is not full is left out. */
  next(): StepPlan {
    const { samples, supervised, batchSize, supervisedPerStep } = this.#options;
    if (this.#position + batchSize > samples.length) {
      this.#epoch = this.#random.state;
      this.#order = this.#shuffle();
      this.#position = 0;
    }
    const chosen = this.#order.slice(this.#position, this.#position + batchSize);
    this.#position += batchSize;
    const items = chosen.map((index) => this.#item(samples[index], false));
    for (let i = 0; i < supervisedPerStep; i++) {
      items.push(this.#item(this.#random.pick(supervised), true));
    }
    return { items, draws: items.map(() => this.#random.uniform()) };
  }

  #item(sample: Sample, withMask: boolean): Item {
    const { augmentation, supervisedAugmentation = augmentation } = this.#options;
    const options = withMask ? supervisedAugmentation : augmentation;
    return { sample, augmentation: drawAugmentation(this.#random, options), withMask };
  }

  #shuffle(): number[] {
    return this.#random.shuffle(this.#options.samples.map((_, index) => index));
  }
}
