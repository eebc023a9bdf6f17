import { describe, expect, test } from "vitest";
import { constant, interpret, maxPool } from "../graph/index.ts";
import {
  defineModel,
  initialParameters,
  poolingHead,
  torchvisionPreprocessing,
} from "../nn/index.ts";
import { Random } from "../random.ts";
import { type GuidedStep, guide } from "./guide.ts";
import { type GuidanceOptions, paperGuidance } from "./options.ts";

const size = 8;
const classes = 3;

/** Maps of 4x4. */
const model = defineModel({
  name: "tiny",
  classes,
  inputSize: size,
  preprocessing: torchvisionPreprocessing,
  attentionLayer: "conv2",
  build: (net, images) => {
    const x = maxPool(net.conv("conv1", images, 6), { kernel: 2, stride: 2 });
    return poolingHead(net, net.conv("conv2", x, 8), classes);
  },
});

type Fed = Record<string, ArrayLike<number>>;

const parameters: Fed = Object.fromEntries(
  [...initialParameters(model, new Random(5))].map(([name, { data }]) => [
    name,
    // The head starts too small to tell its classes apart.
    name === "head.weight" ? data.map((value) => 50 * value) : data,
  ]),
);

const random = new Random(6);
const pictures = Array.from({ length: 4 }, () =>
  Array.from({ length: 3 * size ** 2 }, () => random.normal()),
);
/** The pictures by number, behind one another. */
const images = (...numbers: readonly number[]): number[] => numbers.flatMap((n) => pictures[n]);
/** One row for each list of classes. */
const rows = (...lists: readonly (readonly number[])[]): number[] =>
  lists.flatMap((list) => Array.from({ length: classes }, (_, c) => (list.includes(c) ? 1 : 0)));

type Name = keyof GuidedStep["losses"];

function lossesOf({ losses }: GuidedStep, feeds: Fed): Partial<Record<Name, number>> {
  const entries = Object.entries(losses);
  const values = interpret(
    entries.map(([, node]) => node),
    { ...parameters, ...feeds },
  );
  return Object.fromEntries(entries.map(([name], i) => [name, values[i][0]]));
}

/** Of every parameter, one behind the other. */
function gradientsOf({ gradients }: GuidedStep, feeds: Fed): number[] {
  return interpret([...gradients.values()], { ...parameters, ...feeds }).flatMap((g) => [...g]);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  expect(largest).toBeLessThan(1e-12);
}

describe("guidance none", () => {
  test("is classification and asks for pictures and tags only", () => {
    const step = guide(model, { guidance: "none" }, { images: 2 });
    expect(Object.keys(step.inputs)).toEqual(["images", "tags"]);
    expect(Object.keys(step.losses)).toEqual(["loss", "classification"]);
    expect(step.losses.loss).toBe(step.losses.classification);
    expect([...step.gradients.keys()]).toEqual(model.parameters.map(({ name }) => name));
  });

  test("asks for an attention layer that exists all the same", () => {
    expect(() => guide(model, { guidance: "none", layer: "conv9" }, { images: 1 })).toThrow(
      'got "conv9".',
    );
  });
});

describe("what the mining loss trains", () => {
  const feeds: Fed = {
    images: images(0),
    tags: rows([2]),
    chosen: rows([2]),
    miningWeights: [1],
  };
  // Without weight the classification is the same in all of them.
  const gradientsWith = (options: Partial<GuidanceOptions>): ReadonlyMap<string, number[]> => {
    const step = guide(model, { guidance: "self", ...options }, { images: 1 });
    const values = interpret([...step.gradients.values()], { ...parameters, ...feeds });
    return new Map([...step.gradients.keys()].map((name, i) => [name, [...values[i]]]));
  };
  const unguided = gradientsWith({ miningWeight: 0 });
  const all = gradientsWith({});
  const attention = gradientsWith({ miningTrains: "attention" });

  test("attention: nothing that the map does not depend on, such as the head's bias", () => {
    expectClose(attention.get("head.bias") ?? [], unguided.get("head.bias") ?? []);
    expect(all.get("head.bias")).not.toEqual(unguided.get("head.bias"));
  });

  test("attention: nothing at all where the mask does not depend on the map", () => {
    // Far above every map, so that the soft mask is flat.
    const constantMap = gradientsWith({ miningTrains: "attention", sigma: 100 });
    for (const [name, values] of unguided) expectClose(constantMap.get(name) ?? [], values);
    expect(attention.get("conv2.weight")).not.toEqual(unguided.get("conv2.weight"));
  });

  test("neither changes the losses", () => {
    const options = { guidance: "self", miningTrains: "attention" } as const;
    const alone = lossesOf(guide(model, options, { images: 1 }), feeds);
    const both = lossesOf(guide(model, { guidance: "self" }, { images: 1 }), feeds);
    expect(alone.mining).toBe(both.mining);
    expect(alone.loss).toBeCloseTo(both.loss ?? Number.NaN, 12);
  });
});

describe("guidance self", () => {
  const single = guide(model, { ...paperGuidance, guidance: "self" }, { images: 1 });
  const one = (image: number, chosen: number): Fed => ({
    images: images(image),
    tags: rows([chosen]),
    chosen: rows([chosen]),
    miningWeights: [1],
  });

  test("adds α times the mining loss", () => {
    const feeds = one(0, 1);
    const { classification = 0, mining = 0, loss } = lossesOf(single, feeds);
    expect(mining).toBeGreaterThan(0);
    expect(loss).toBeCloseTo(classification + mining, 12);
    const halved = guide(model, { guidance: "self", miningWeight: 0.5 }, { images: 1 });
    expect(lossesOf(halved, feeds).loss).toBeCloseTo(classification + mining / 2, 12);
  });

  test("without weight of the mining loss is classification", () => {
    const step = guide(model, { guidance: "self", miningWeight: 0 }, { images: 1 });
    expect(Object.keys(step.inputs)).toEqual(["images", "tags"]);
  });

  test("gives images of a batch the mean of what they have alone", () => {
    const both = guide(model, { guidance: "self" }, { images: 2 });
    const { mining } = lossesOf(both, {
      images: images(0, 1),
      tags: rows([1], [2]),
      chosen: rows([1], [2]),
      miningWeights: [1 / 2, 1 / 2],
    });
    const alone = [one(0, 1), one(1, 2)].map((feeds) => lossesOf(single, feeds).mining ?? 0);
    expect(mining).toBeCloseTo((alone[0] + alone[1]) / 2, 12);
  });

  test("gives two classes of one image the mean of two runs with one class each", () => {
    const tags = { tags: rows([0, 1]) };
    const double = guide(model, { ...paperGuidance, guidance: "self" }, { images: 1, slots: 2 });
    const feeds = {
      ...tags,
      images: images(0),
      chosen: rows([0], [1]),
      miningWeights: [1 / 2, 1 / 2],
    };
    const [first, second] = [0, 1].map((c) => ({ ...one(0, c), ...tags }));
    const mean = [first, second].map((one) => lossesOf(single, one).mining ?? 0);
    expect(mean[0]).not.toBeCloseTo(mean[1], 3);
    expect(lossesOf(double, feeds).mining).toBeCloseTo((mean[0] + mean[1]) / 2, 12);
    const [a, b] = [gradientsOf(single, first), gradientsOf(single, second)];
    expectClose(
      gradientsOf(double, feeds),
      a.map((value, i) => (value + b[i]) / 2),
    );
  });

  test("gets nothing from an empty slot", () => {
    const double = guide(model, { ...paperGuidance, guidance: "self" }, { images: 1, slots: 2 });
    const feeds = { ...one(0, 1), chosen: rows([1], []), miningWeights: [1, 0] };
    expect(lossesOf(double, feeds)).toEqual(lossesOf(single, one(0, 1)));
    expectClose(gradientsOf(double, feeds), gradientsOf(single, one(0, 1)));
  });

  test("masks the first images only when `maskedShare` says so, and at least one", () => {
    const half = guide(model, { guidance: "self", maskedShare: 0.5 }, { images: 2 });
    expect(half.masked).toBe(1);
    expect(half.inputs.miningWeights?.shape).toEqual([1]);
    const { mining } = lossesOf(half, {
      images: images(0, 1),
      tags: rows([1], [2]),
      chosen: rows([1], [2]),
      miningWeights: [1],
    });
    expect(mining).toBeCloseTo(lossesOf(single, one(0, 1)).mining ?? 0, 12);
    expect(guide(model, { guidance: "self", maskedShare: 0 }, { images: 3 }).masked).toBe(1);
  });

  test("names the layers that there are when asked for another", () => {
    expect(() => guide(model, { guidance: "self", layer: "conv9" }, { images: 1 })).toThrow(
      'attention: layer must be one of conv1, conv2, head; got "conv9".',
    );
  });
});

describe("guidance extra", () => {
  const step = guide(model, { ...paperGuidance, guidance: "extra" }, { images: 1, supervised: 1 });
  const pixels = step.supervisedSize ** 2;
  const feeds: Fed = {
    images: images(0, 1),
    tags: rows([1], [2]),
    chosen: rows([1], [2]),
    miningWeights: [1],
    extraTargets: Array.from({ length: pixels }, (_, i) => i % 2),
    extraWeights: Array<number>(pixels).fill(1 / pixels),
  };

  test("weighs its losses as the options say: L_cl + α L_am + ω L_e + the second look", () => {
    const { classification = 0, mining = 0, extra = 0, loss } = lossesOf(step, feeds);
    const again = lossesOf(guide(model, { guidance: "none" }, { images: 1 }), {
      images: images(1),
      tags: rows([2]),
    });
    expect(extra).toBeGreaterThan(0);
    expect(loss).toBeCloseTo(
      classification + mining + 10 * extra + 0.25 * (again.classification ?? 0),
      12,
    );
  });

  test("keeps the images with masks out of the other losses", () => {
    const self = guide(model, { guidance: "self" }, { images: 1 });
    const { classification, mining } = lossesOf(self, {
      images: images(0),
      tags: rows([1]),
      chosen: rows([1]),
      miningWeights: [1],
    });
    const both = lossesOf(step, feeds);
    expect(both.classification).toBeCloseTo(classification ?? 0, 12);
    expect(both.mining).toBeCloseTo(mining ?? 0, 12);
  });

  test("gets nothing from void pixels", () => {
    const isVoid = (i: number): boolean => i < pixels / 2;
    const weights = Array.from({ length: pixels }, (_, i) => (isVoid(i) ? 0 : 2 / pixels));
    const withTarget = (onVoid: number): Fed => ({
      ...feeds,
      extraTargets: Array.from({ length: pixels }, (_, i) => (isVoid(i) ? onVoid : i % 2)),
      extraWeights: weights,
    });
    expect(lossesOf(step, withTarget(0))).toEqual(lossesOf(step, withTarget(1)));
    expectClose(gradientsOf(step, withTarget(0)), gradientsOf(step, withTarget(1)));
  });

  describe("with counterfactual pictures", () => {
    const options = { ...paperGuidance, guidance: "extra", counterfactualWeight: 0.3 } as const;
    const both = guide(model, options, { images: 1, supervised: 1 });

    test("adds γ L_cf and nothing else", () => {
      const { counterfactual = 0, loss, ...others } = lossesOf(both, feeds);
      const { loss: before = 0, ...without } = lossesOf(step, feeds);
      expect(others).toEqual(without);
      expect(counterfactual).toBeGreaterThan(0);
      expect(loss).toBeCloseTo(before + 0.3 * counterfactual, 12);
    });

    test("sees the object where the whole picture is the object, and nothing of it elsewhere", () => {
      const all = lossesOf(both, { ...feeds, extraTargets: Array<number>(pixels).fill(1) });
      const logitOf = (seen: readonly number[]): number => {
        const logits = model.forward(constant([...seen], [1, 3, size, size])).logits;
        return interpret([logits], parameters)[0][2];
      };
      const softplus = (x: number): number => Math.log1p(Math.exp(x));
      const blank = Array<number>(3 * size ** 2).fill(0);
      expect(all.counterfactual).toBeCloseTo(
        softplus(-logitOf(images(1))) + softplus(logitOf(blank)),
        12,
      );
    });

    test("gets nothing from a mask that says not where to look", () => {
      const blank = { ...feeds, extraWeights: Array<number>(pixels).fill(0) };
      expect(lossesOf(both, blank).counterfactual).toBe(0);
      expectClose(gradientsOf(both, blank), gradientsOf(step, blank));
    });
  });

  test("without weight of the mining loss is supervision alone", () => {
    const options = { guidance: "extra", miningWeight: 0 } as const;
    const supervised = guide(model, options, { images: 1, supervised: 1 });
    expect(supervised.inputs.miningWeights).toBeUndefined();
    expect(Object.keys(supervised.losses)).toEqual(["loss", "classification", "extra"]);
  });
});
