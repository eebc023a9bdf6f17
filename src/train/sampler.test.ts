import fc from "fast-check";
import { expect, test } from "vitest";
import type { AugmentationOptions, Sample } from "../data/index.ts";
import { Random } from "../random.ts";
import { Sampler, type SamplerOptions, type StepPlan } from "./sampler.ts";

const samplesOf = (count: number): Sample[] =>
  Array.from({ length: count }, (_, n) => ({ id: `${n}`, image: `/${n}.png`, tags: [0] }));

function samplerOf(options: Partial<SamplerOptions> & { samples: readonly Sample[] }, seed = 1) {
  const defaults = { supervised: options.samples.slice(0, 2), batchSize: 4, supervisedPerStep: 0 };
  return new Sampler({ ...defaults, augmentation: {}, ...options }, new Random(seed));
}

const take = (sampler: Sampler, steps: number): StepPlan[] =>
  Array.from({ length: steps }, () => sampler.next());

const idsOf = (plans: readonly StepPlan[]): string[] =>
  plans.flatMap(({ items }) => items.map(({ sample }) => sample.id));

const configurations = fc.record({
  seed: fc.integer(),
  count: fc.integer({ min: 4, max: 13 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
  supervisedPerStep: fc.integer({ min: 0, max: 3 }),
  done: fc.integer({ min: 0, max: 30 }),
});

const settings = { seed: 20180618, numRuns: 100 };

test("an epoch shows each picture once", () => {
  const samples = samplesOf(12);
  const sampler = samplerOf({ samples });
  const epochs = [1, 2, 3].map(() => idsOf(take(sampler, 3)));
  for (const epoch of epochs) expect(new Set(epoch).size).toBe(12);
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(epochs[1]).not.toEqual(epochs[2]);
});

test("a last batch that is not full is left out; no picture comes twice in an epoch", () => {
  fc.assert(
    fc.property(configurations, ({ seed, count, batchSize }) => {
      const sampler = samplerOf({ samples: samplesOf(count), batchSize }, seed);
      const steps = Math.floor(count / batchSize);
      for (let epoch = 0; epoch < 3; epoch++) {
        expect(new Set(idsOf(take(sampler, steps))).size).toBe(steps * batchSize);
      }
    }),
    settings,
  );
});

test("a restored sampler continues the identical sequence from any step", () => {
  fc.assert(
    fc.property(configurations, ({ seed, count, done, ...sizes }) => {
      const augmentation: AugmentationOptions = { scale: [0.5, 1] };
      const options = { samples: samplesOf(count), ...sizes, augmentation };
      const original = samplerOf(options, seed);
      take(original, done);
      const state = JSON.parse(JSON.stringify(original.state));
      const expected = take(original, 20);
      const restored = samplerOf(options, seed + 1);
      take(restored, 3);
      restored.restore(state);
      expect(restored.state).toEqual(state);
      expect(take(restored, 20)).toEqual(expected);
      expect(restored.state).toEqual(original.state);
    }),
    settings,
  );
});

test("the same seed draws the same plans, another seed others", () => {
  const samples = samplesOf(12);
  const [a, b, c] = [7, 7, 8].map((seed) => take(samplerOf({ samples }, seed), 5));
  expect(a).toEqual(b);
  expect(a).not.toEqual(c);
});

test("which pictures come and what is drawn for them does not depend on the augmentation", () => {
  const samples = samplesOf(12);
  const drawn = ([{ flip: 0 }, { flip: 1, scale: [0.2, 0.6], crop: "center" }, {}] as const).map(
    (augmentation: AugmentationOptions) => {
      const plans = take(samplerOf({ samples, supervisedPerStep: 2, augmentation }), 8);
      return { ids: idsOf(plans), draws: plans.map(({ draws }) => draws) };
    },
  );
  expect(drawn[1]).toEqual(drawn[0]);
  expect(drawn[2]).toEqual(drawn[0]);
});

test("pictures with masks follow the others, drawn again and again, and want their masks", () => {
  const samples = samplesOf(12);
  const supervised = samples.slice(3, 5);
  const plans = take(samplerOf({ samples, supervised, supervisedPerStep: 3 }), 10);
  for (const { items, draws } of plans) {
    expect(items.map(({ withMask }) => withMask)).toEqual([
      ...[false, false, false, false],
      ...[true, true, true],
    ]);
    expect(draws).toHaveLength(7);
    for (const draw of draws) expect(draw >= 0 && draw < 1).toBe(true);
  }
  const drawn = plans.flatMap(({ items }) => items.slice(4).map(({ sample }) => sample.id));
  expect(new Set(drawn)).toEqual(new Set(["3", "4"]));
});

test("pictures with masks may be augmented in a way of their own", () => {
  const flips = (options: Partial<SamplerOptions>): boolean[][] =>
    take(samplerOf({ samples: samplesOf(8), supervisedPerStep: 2, ...options }), 2).map(
      ({ items }) => items.map(({ augmentation }) => augmentation.flip),
    );
  const both = { augmentation: { flip: 1 }, supervisedAugmentation: { flip: 0 } };
  expect(flips(both)).toEqual(Array(2).fill([true, true, true, true, false, false]));
  expect(flips({ augmentation: { flip: 1 } })).toEqual(Array(2).fill(Array(6).fill(true)));
});
