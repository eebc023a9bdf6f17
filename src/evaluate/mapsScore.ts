/** How good the attention maps of several methods are, gathered picture by picture. */

import { mayHaveBoxes, readBoxes } from "../data/boxes.ts";
import type { Sample } from "../data/index.ts";
import { drawBoxes, resampleMask } from "../data/mask.ts";
import { pictureSize } from "../data/picture.ts";
import type { Model } from "../nn/index.ts";
import { Random } from "../random.ts";
import { resizeBilinear } from "../resizeBilinear.ts";
import {
  type CamView,
  type ClassMaps,
  type PictureViews,
  type Scorer,
  scaledMap,
} from "../train/index.ts";
import { AttentionScore } from "./attentionScore.ts";
import { BlankMaps } from "./blankMaps.ts";
import type { MapsResult } from "./evaluateJson.ts";
import { type FaithfulnessOptions, FaithfulnessScore } from "./faithfulness/faithfulnessScore.ts";
import { LocalizationScore } from "./localization/localizationScore.ts";
import { objectsOf, type PictureTruth } from "./localization/objects.ts";

export interface MapsOptions {
  readonly views: readonly CamView[];
  /** Where maps lie, of this many pictures that have a mask or boxes; "all" of them. Not by default. */
  readonly localization?: number | "all" | undefined;
  /** Tolerance of the pointing game, pixels of the picture as it is; 15 by default. */
  readonly tolerance?: number | undefined;
  /** What maps say about the network, of this many pictures that have a tag. Not by default. */
  readonly faithfulness?: number | "all" | undefined;
  readonly perturbations?: FaithfulnessOptions | undefined;
  /** Draws the pictures, and all else that is random; 0 by default. */
  readonly seed?: number | undefined;
}

/** A picture whose maps are measured. */
export interface ViewedPicture extends Pick<PictureViews, "logits" | "views"> {
  readonly sample: Sample;
  /** Preprocessed, [3, S, S]. */
  readonly image: Float32Array;
  /** Labels, [S, S], where the picture has a mask. */
  readonly mask?: Uint8Array | undefined;
}

/** What is measured of one view. */
interface Scores {
  readonly view: CamView;
  readonly blank: BlankMaps;
  readonly localization: LocalizationScore;
  readonly attention: AttentionScore;
  readonly faithfulness: FaithfulnessScore;
  pictures: number;
}

export class MapsScore {
  readonly #classes: readonly string[];
  readonly #model: Model;
  readonly #scorer: Scorer;
  readonly #scores: readonly Scores[];
  readonly #seed: number;
  readonly #located: ReadonlySet<string>;
  readonly #perturbed: ReadonlySet<string>;
  readonly #truths = { masks: 0, boxes: 0 };

  /**
   * @param classes  Names.
   * @param samples  All pictures that will be seen, of which those to measure are drawn.
   * @param scorer   Of the model.
   */
  constructor(
    classes: readonly string[],
    samples: readonly Sample[],
    { model, scorer }: { readonly model: Model; readonly scorer: Scorer },
    { views, localization, tolerance, faithfulness, perturbations, seed = 0 }: MapsOptions,
  ) {
    this.#classes = classes;
    this.#model = model;
    this.#scorer = scorer;
    this.#seed = seed;
    const random = new Random(seed);
    const tagged = samples.filter(({ tags }) => tags.length > 0);
    const withObjects = tagged.filter(
      (sample) => sample.mask !== undefined || mayHaveBoxes(sample),
    );
    this.#located = drawn(withObjects, localization, random.fork("localization"));
    this.#perturbed = drawn(tagged, faithfulness, random.fork("faithfulness"));
    this.#scores = views.map((view) => ({
      view,
      blank: new BlankMaps(classes),
      localization: new LocalizationScore(classes, tolerance === undefined ? {} : { tolerance }),
      attention: new AttentionScore(classes),
      faithfulness: new FaithfulnessScore(classes, { ...perturbations, seed }),
      pictures: 0,
    }));
  }

  /**
   * Measures the maps of a picture's own classes. Views whose maps cost much are asked only where
   * something but blank maps is to be measured.
   */
  async add(picture: ViewedPicture): Promise<void> {
    const { sample, views } = picture;
    const isLocated = this.#located.has(sample.id);
    const isPerturbed = this.#perturbed.has(sample.id);
    const truth = isLocated ? await this.#truthOf(picture) : undefined;
    for (const [v, scores] of this.#scores.entries()) {
      if (!isLocated && !isPerturbed && scores.view.method === "score-cam") continue;
      const maps = await views[v]();
      scores.pictures++;
      const sound = this.#soundMaps(scores, picture, maps);
      if (truth !== undefined) this.#locate(scores, picture, sound, truth);
      if (isPerturbed) await this.#perturb(scores, picture, sound);
    }
  }

  /** The figures of all pictures so far, by view. */
  result(): Omit<MapsResult, "step">[] {
    return this.#scores.map(({ view, pictures, blank, localization, attention, faithfulness }) => ({
      ...view,
      seed: this.#seed,
      pictures,
      ...(attention.images > 0 && {
        localization: {
          pictures: { ...this.#truths },
          ...localization.result(),
          attention: { ...attention.result(), curve: attention.curve() },
        },
      }),
      ...(this.#perturbed.size > 0 && { faithfulness: faithfulness.result() }),
      blank: blank.result(),
    }));
  }

  /** The maps of the picture's classes, scaled; what is no number is blank. */
  #soundMaps(
    { blank }: Scores,
    { sample: { id, tags }, logits }: ViewedPicture,
    { maps, height, width }: ClassMaps,
  ): ClassMaps & { readonly broken: ReadonlySet<number> } {
    const plane = height * width;
    const sound = new Float32Array(maps.length);
    const broken = new Set<number>();
    for (const c of tags) {
      const map = maps.subarray(c * plane, (c + 1) * plane);
      const state = blank.add(c, map, logits[c], id);
      if (state === "sound") sound.set(scaledMap(map), c * plane);
      if (state === "notFinite") broken.add(c);
    }
    return { maps: sound, height, width, broken };
  }

  async #truthOf({ sample, mask }: ViewedPicture): Promise<PictureTruth | undefined> {
    const boxes = await readBoxes(sample);
    if (mask === undefined && boxes === undefined) return undefined;
    const original = await pictureSize(sample.image);
    this.#truths[mask === undefined ? "boxes" : "masks"]++;
    return { mask, boxes, size: this.#model.inputSize, original };
  }

  #locate(
    { localization, attention }: Scores,
    { sample: { tags } }: ViewedPicture,
    { maps, height, width }: ClassMaps,
    truth: PictureTruth,
  ): void {
    const plane = height * width;
    const { size, boxes = [], original } = truth;
    for (const c of tags) {
      const objects = objectsOf(c, truth);
      if (objects === undefined) continue;
      const map = maps.subarray(c * plane, (c + 1) * plane);
      localization.add(c, map, height, width, objects);
    }
    const drawing = (): Uint8Array =>
      resampleMask(drawBoxes(boxes, original.width, original.height), size, size).labels;
    attention.add(maps, height, width, truth.mask ?? drawing(), size);
  }

  async #perturb(
    { faithfulness }: Scores,
    { sample: { id, tags }, image }: ViewedPicture,
    { maps, height, width, broken }: ClassMaps & { readonly broken: ReadonlySet<number> },
  ): Promise<void> {
    const plane = height * width;
    const { inputSize, preprocessing } = this.#model;
    const classes = this.#classes.length;
    for (const c of tags) {
      if (broken.has(c)) continue;
      const map = maps.subarray(c * plane, (c + 1) * plane);
      const enlarged = resizeBilinear(map, height, width, inputSize, inputSize);
      const picture = { image, preprocessing, id };
      await faithfulness.add(c, enlarged, picture, async (classIndex, paints) => {
        const logits = await this.#scorer.logits(paints.length, (n, target) => paints[n](target));
        return paints.map((_, n) => 1 / (1 + Math.exp(-logits[n * classes + classIndex])));
      });
    }
  }
}

/** Ids of as many pictures as are wanted. */
function drawn(
  samples: readonly Sample[],
  count: number | "all" | undefined = 0,
  random: Random,
): ReadonlySet<string> {
  const ids = samples.map(({ id }) => id);
  return new Set(count === "all" ? ids : random.shuffle(ids).slice(0, count));
}
