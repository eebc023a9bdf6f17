import { describe, expect, test } from "vitest";
import { interpret, topologicalOrder } from "../graph/index.ts";
import { createSegmentationModel, initialParameters } from "../nn/index.ts";
import { Random } from "../random.ts";
import { sizeOf } from "../shape.ts";
import { type SecOptions, type SecStep, secStep } from "./step.ts";

const model = createSegmentationModel("smallnet_largefov", {
  classes: 2,
  inputSize: 17,
  headChannels: 4,
});
const build = (options?: SecOptions): SecStep => secStep(model, { images: 2 }, options);
const inputNames = ({ losses, gradients }: SecStep): string[] => {
  const nodes = topologicalOrder([losses.loss, ...gradients.values()]);
  const names = nodes.flatMap((node) => (node.op === "input" ? [node.attributes.name] : []));
  const parameters = new Set(model.parameters.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !parameters.has(name)).sort();
};

/** Everything that a step may be fed; `keep` of each element of the dropouts. */
function feeds(step: SecStep): Record<string, Float32Array> {
  const random = new Random(3);
  const draw = (shape: readonly number[], value: () => number): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, value);
  const parameters = Array.from(
    initialParameters(model, random),
    ([name, { data }]) => [name, data] as const,
  );
  const { scores, inputs, dropouts } = step;
  return {
    images: draw(inputs.images.shape, () => random.normal()),
    cues: draw(scores.shape, () => random.int(2)),
    tags: Float32Array.of(1, 0, 0, 1),
    target: draw(scores.shape, () => 1 / 3),
    ...Object.fromEntries(parameters),
    ...Object.fromEntries(
      dropouts.map(({ name, shape }) => [name, draw(shape, () => 2 * random.int(2))]),
    ),
  };
}

describe("secStep", () => {
  test("is fed images, cues, tags, the CRF's target and the factors of dropout", () => {
    const step = build();
    expect(inputNames(step)).toEqual([
      "cues",
      "dropout fc6",
      "dropout fc7",
      "images",
      "tags",
      "target",
    ]);
    expect(Object.keys(step.inputs)).toEqual(["images", "cues", "tags", "target"]);
    expect(step.dropouts.map(({ name }) => name)).toEqual(["dropout fc6", "dropout fc7"]);
    expect(step.scores.shape).toEqual([2, 3, 3, 3]);
    expect([...step.gradients.keys()]).toEqual(model.parameters.map(({ name }) => name));
  });

  test("leaves out a loss of weight 0, and what only it is fed", () => {
    const step = build({ constrainWeight: 0, expandWeight: 0 });
    expect(inputNames(step)).toEqual(["cues", "dropout fc6", "dropout fc7", "images"]);
    expect(Object.keys(step.losses)).toEqual(["loss", "seed"]);
    expect(Object.keys(step.inputs)).toEqual(["images", "cues"]);
  });

  test("refuses to weigh everything with 0", () => {
    expect(() => build({ seedWeight: 0, expandWeight: 0, constrainWeight: 0 })).toThrow(
      new RangeError(
        "secStep: seedWeight, expandWeight and constrainWeight must not all be 0. Leave one at 1.",
      ),
    );
  });

  test("has no dropout when told so", () => {
    const step = secStep(model, { images: 2, dropout: false });
    expect(step.dropouts).toEqual([]);
    expect(inputNames(step)).toEqual(["cues", "images", "tags", "target"]);
  });

  test("its loss is the weighted sum of the three, and so are its gradients", () => {
    const step = build({ seedWeight: 2, expandWeight: 0.5, constrainWeight: 3 });
    const { loss, seed, expand, constrain } = step.losses;
    if (seed === undefined || expand === undefined || constrain === undefined) {
      throw new Error("internal: a loss is missing.");
    }
    const gradientOf = (options: SecOptions) => [...build(options).gradients.values()].slice(-2)[0];
    const fed = feeds(step);
    const [total, ...parts] = interpret([loss, seed, expand, constrain], fed).map(([x]) => x);
    expect(total).toBeCloseTo(2 * parts[0] + 0.5 * parts[1] + 3 * parts[2], 12);
    const [whole, ofSeed, ofExpand, ofConstrain] = interpret(
      [
        [...step.gradients.values()].slice(-2)[0],
        gradientOf({ expandWeight: 0, constrainWeight: 0 }),
        gradientOf({ seedWeight: 0, constrainWeight: 0 }),
        gradientOf({ seedWeight: 0, expandWeight: 0 }),
      ],
      fed,
    );
    whole.forEach((value, i) => {
      expect(value).toBeCloseTo(2 * ofSeed[i] + 0.5 * ofExpand[i] + 3 * ofConstrain[i], 12);
    });
  });

  test("takes the target as given: the gradients follow the loss at a fixed target", () => {
    const step = build();
    const fed = feeds(step);
    const bias = step.gradients.get("fc8.bias");
    if (bias === undefined) throw new Error("internal: fc8 has no bias.");
    const [slope] = interpret([bias], fed);
    const lossAt = (change: number): number => {
      const moved = fed["fc8.bias"].map((value, i) => (i === 1 ? change : value));
      return interpret([step.losses.loss], { ...fed, "fc8.bias": moved })[0][0];
    };
    // Feeds are float32: a power of two is exact.
    const epsilon = 2 ** -13;
    expect((lossAt(epsilon) - lossAt(-epsilon)) / (2 * epsilon)).toBeCloseTo(slope[1], 6);
  });
});
