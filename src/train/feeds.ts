/** From a loaded batch to what a guided step is fed. */
import { type Batch, ignoreLabel } from "../data/index.ts";
import type { GuidedStep } from "../gain/index.ts";
import type { StepPlan } from "./sampler.ts";

/** Values of a step's inputs, by name; the images are the batch's own array. */
export function batchFeeds(
  step: GuidedStep,
  plan: StepPlan,
  batch: Batch,
): Record<string, Float32Array> {
  const { model, inputs } = step;
  const tags = Array.from(batch.sources, (source) => plan.items[source].sample.tags);
  const feeds: Record<string, Float32Array> = {
    images: batch.images,
    tags: tagRows(tags, model.classes),
  };
  if (inputs.chosen === undefined) return feeds;
  const slots = chooseClasses(step, tags, plan.draws);
  feeds.chosen = oneHot(slots, model.classes);
  if (inputs.miningWeights !== undefined) feeds.miningWeights = miningWeights(step, slots);
  if (inputs.extraTargets !== undefined) {
    const { targets, weights } = supervision(step, slots, batch);
    feeds.extraTargets = targets;
    feeds.extraWeights = weights;
  }
  return feeds;
}

function tagRows(tags: readonly (readonly number[])[], classes: number): Float32Array {
  const rows = new Float32Array(tags.length * classes);
  tags.forEach((list, n) => {
    for (const tag of list) rows[n * classes + tag] = 1;
  });
  return rows;
}

/** Class of each image in each slot, or -1: `[slot][image]`. */
function chooseClasses(
  { batch: { slots } }: GuidedStep,
  tags: readonly (readonly number[])[],
  draws: readonly number[],
): number[][] {
  return Array.from({ length: slots }, (_, slot) =>
    tags.map((list, n) => {
      // From a start drawn at random, so that each tag has its turn where slots are few.
      const start = Math.floor(draws[n] * list.length);
      return slot < list.length ? list[(start + slot) % list.length] : -1;
    }),
  );
}

function oneHot(slots: readonly (readonly number[])[], classes: number): Float32Array {
  const images = slots[0].length;
  const rows = new Float32Array(slots.length * images * classes);
  slots.forEach((row, k) => {
    row.forEach((chosen, n) => {
      if (chosen >= 0) rows[(k * images + n) * classes + chosen] = 1;
    });
  });
  return rows;
}

/** How many slots of an image are taken. */
const taken = (slots: readonly (readonly number[])[], image: number): number =>
  slots.filter((row) => row[image] >= 0).length;

/** 1 / (Q n) for each taken slot of the Q masked images (eq. 5, mean over images). */
function miningWeights(
  { masked }: GuidedStep,
  slots: readonly (readonly number[])[],
): Float32Array {
  return Float32Array.from({ length: slots.length * masked }, (_, pair) => {
    const [slot, image] = [Math.floor(pair / masked), pair % masked];
    return slots[slot][image] < 0 ? 0 : 1 / (masked * taken(slots, image));
  });
}

/**
 * H of eq. 7 and the weight of each of its pixels. The class's mask is looked up at every fourth
 * pixel; void pixels count nothing, nor does a mask without the class: it says not where to look.
 */
function supervision(
  { batch: { images, supervised }, model, supervisedSize: side }: GuidedStep,
  slots: readonly (readonly number[])[],
  { masks }: Batch,
): { targets: Float32Array; weights: Float32Array } {
  const pixels = side * side;
  const size = model.inputSize;
  const targets = new Float32Array(slots.length * supervised * pixels);
  const weights = new Float32Array(targets.length);
  if (masks === undefined) return { targets, weights };
  slots.forEach((row, k) => {
    for (let e = 0; e < supervised; e++) {
      const chosen = row[images + e];
      if (chosen < 0) continue;
      const mask = masks.subarray((images + e) * size * size, (images + e + 1) * size * size);
      const start = (k * supervised + e) * pixels;
      let [counted, onClass] = [0, 0];
      for (let i = 0; i < pixels; i++) {
        const y = Math.min(4 * Math.floor(i / side) + 2, size - 1);
        const x = Math.min(4 * (i % side) + 2, size - 1);
        const label = mask[y * size + x];
        if (label === ignoreLabel) continue;
        counted++;
        weights[start + i] = 1;
        if (label !== chosen + 1) continue;
        onClass++;
        targets[start + i] = 1;
      }
      const share = onClass === 0 ? 0 : 1 / (counted * supervised * taken(slots, images + e));
      for (let i = 0; i < pixels; i++) weights[start + i] *= share;
    }
  });
  return { targets, weights };
}
