/** Whether a map names the pixels that the network decides by. */
import type { Preprocessing } from "../../nn/index.ts";
import { Random } from "../../random.ts";
import { type Measured, PerClass } from "../perClass.ts";
import {
  gradualChange,
  insertionStart,
  meanColour,
  type Paint,
  withoutPixels,
} from "./perturbations.ts";
import { relevanceOrder } from "./relevanceOrder.ts";

export interface FaithfulnessOptions {
  /** Steps of insertion and deletion; each is a forward pass. */
  readonly steps?: number;
  /** Shares of the pixels that ROAD takes away, percent. */
  readonly percentages?: readonly number[];
}

/** A figure and the mean curve that it comes from. */
export interface CurveFigure extends Measured {
  /** Mean probability after each step, [steps + 1]; empty without maps. */
  readonly curve: readonly number[];
}

export interface FaithfulnessFigures {
  /** Maps that were measured: one for each picture and class. */
  readonly maps: number;
  /** Maps that could not be measured, because a probability was no number. */
  readonly leftOut: number;
  readonly insertion: CurveFigure;
  readonly deletion: CurveFigure;
  readonly road: Measured & {
    readonly percentages: readonly number[];
    /** Mean probability without the most and without the least relevant pixels, by percentage. */
    readonly morf: readonly number[];
    readonly lerf: readonly number[];
  };
}

/** What a picture is and how it is shown to the network. */
export interface PerturbedPicture {
  /** Preprocessed, [3, S, S]. */
  readonly image: Float32Array;
  readonly preprocessing: Preprocessing;
  /** Its name, from which with the seed everything random is drawn: the same for every method. */
  readonly id: string;
}

/** Scores painted pictures: a class's probability of each. */
export type Probabilities = (
  classIndex: number,
  paints: readonly Paint[],
) => Promise<ArrayLike<number>>;

/**
 * Insertion, deletion and ROAD. The score p of all three is the probability of the map's class,
 * σ(s), as labels are independent here; the papers' networks have one label and a softmax.
 *
 * Insertion and deletion (Petsiuk et al. 2018, "RISE", 4.1): pixels appear in a blurred picture, or
 * become the mean colour, most relevant first, in `steps` of equal size. The figure is the area under
 * the curve of p by the share of pixels, by the trapezoidal rule: high is good for insertion, low for
 * deletion. RISE changes as many pixels at a time as a row has, 224 steps.
 *
 * ROAD (Rong et al. 2022): a share of the pixels, the most relevant (MoRF) or the least relevant
 * (LeRF) ones, is replaced by what lies around them.
 *
 *   combined = mean over percentages of (p_LeRF − p_MoRF) / 2
 *
 * as pytorch-grad-cam does it, with logits there. High is good; a map that says nothing has 0.
 */
export class FaithfulnessScore {
  readonly #steps: number;
  readonly #percentages: readonly number[];
  readonly #seed: number;
  readonly #figures: { insertion: PerClass; deletion: PerClass; road: PerClass };
  /** Sums of the probabilities of all paints of a map, in their order. */
  readonly #sums: Float64Array;
  #leftOut = 0;

  /** @param classes  Names. */
  constructor(
    classes: readonly string[],
    {
      steps = 20,
      percentages = [10, 20, 30, 40, 50, 60, 70, 80, 90],
      seed = 0,
    }: FaithfulnessOptions & { readonly seed?: number } = {},
  ) {
    if (!Number.isInteger(steps) || steps < 1) {
      throw new RangeError(`FaithfulnessScore: steps must be a positive integer; got ${steps}.`);
    }
    const bad = percentages.find((percentage) => !(percentage > 0 && percentage < 100));
    if (bad !== undefined || percentages.length === 0) {
      throw new RangeError(
        `FaithfulnessScore: percentages must lie between 0 and 100; got ${bad ?? "none"}.`,
      );
    }
    this.#steps = steps;
    this.#percentages = percentages;
    this.#seed = seed;
    this.#figures = {
      insertion: new PerClass(classes),
      deletion: new PerClass(classes),
      road: new PerClass(classes),
    };
    this.#sums = new Float64Array(2 * (steps + 1) + 2 * percentages.length);
  }

  /** Measures one map. @param map  Finite, [S, S], at the picture's size. */
  async add(
    classIndex: number,
    map: Float32Array,
    picture: PerturbedPicture,
    probabilities: Probabilities,
  ): Promise<void> {
    const values = await probabilities(classIndex, this.#paints(classIndex, map, picture));
    const all = Float64Array.from(values);
    if (!all.every(Number.isFinite)) {
      this.#leftOut++;
      return;
    }
    const { insertion, deletion, morf, lerf } = this.#parts(all);
    this.#figures.insertion.add(classIndex, areaUnder(insertion));
    this.#figures.deletion.add(classIndex, areaUnder(deletion));
    this.#figures.road.add(classIndex, (mean(lerf) - mean(morf)) / 2);
    for (let i = 0; i < all.length; i++) this.#sums[i] += all[i];
  }

  result(): FaithfulnessFigures {
    const { insertion, deletion, road } = this.#figures;
    const { count } = insertion;
    const curves = this.#parts(this.#sums.map((sum) => sum / count));
    const curve = (values: Float64Array): number[] => (count === 0 ? [] : [...values]);
    return {
      maps: count,
      leftOut: this.#leftOut,
      insertion: { ...insertion.result("maps"), curve: curve(curves.insertion) },
      deletion: { ...deletion.result("maps"), curve: curve(curves.deletion) },
      road: {
        ...road.result("maps"),
        percentages: this.#percentages,
        morf: curve(curves.morf),
        lerf: curve(curves.lerf),
      },
    };
  }

  /** All pictures that the network is asked about, in the order of `#parts`. */
  #paints(
    classIndex: number,
    map: Float32Array,
    { image, preprocessing, id }: PerturbedPicture,
  ): Paint[] {
    const random = new Random(this.#seed).fork(id).fork(classIndex);
    const order = relevanceOrder(map, random.fork("ties"));
    const pixels = order.length;
    const size = Math.sqrt(pixels);
    const without = (kind: string, percentage: number, removed: Uint32Array): Paint => {
      return (target) => {
        const own = random.fork(`${kind} ${percentage}`);
        target.set(withoutPixels(image, removed, preprocessing, own));
      };
    };
    const counts = this.#percentages.map((share) => Math.round((share / 100) * pixels));
    return [
      ...gradualChange(insertionStart(image, size), image, order, this.#steps),
      ...gradualChange(image, meanColour(pixels, preprocessing), order, this.#steps),
      ...counts.map((n, i) => without("morf", this.#percentages[i], order.subarray(0, n))),
      ...counts.map((n, i) => without("lerf", this.#percentages[i], order.subarray(pixels - n))),
    ];
  }

  #parts(values: Float64Array) {
    const [points, shares] = [this.#steps + 1, this.#percentages.length];
    return {
      insertion: values.subarray(0, points),
      deletion: values.subarray(points, 2 * points),
      morf: values.subarray(2 * points, 2 * points + shares),
      lerf: values.subarray(2 * points + shares),
    };
  }
}

/** Area under a curve over [0, 1] at equal distances, by the trapezoidal rule. */
function areaUnder(values: Float64Array): number {
  const ends = (values[0] + values[values.length - 1]) / 2;
  return (values.reduce((sum, value) => sum + value, 0) - ends) / (values.length - 1);
}

const mean = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
