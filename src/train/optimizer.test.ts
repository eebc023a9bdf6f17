import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { input, interpret } from "../graph/index.ts";
import type { Parameter } from "../nn/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "./optimizer.ts";

type Values = Readonly<Record<string, readonly number[]>>;

interface Golden {
  readonly torch: string;
  readonly headRateFactor: number;
  readonly rates: readonly number[];
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly initial: Values;
  readonly gradients: readonly Values[];
  readonly cases: readonly {
    readonly name: string;
    readonly options: OptimizerOptions;
    readonly history: readonly Values[];
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../../test/golden/optimizer/golden.json", import.meta.url), "utf8"),
);

const parameters: readonly Parameter[] = Object.entries(golden.shapes).map(([name, shape]) => ({
  name,
  shape,
  initialize: () => new Float32Array(sizeOf(shape)),
  decays: !name.endsWith(".bias"),
  isHead: name.startsWith("head."),
  node: input(name, shape),
}));

const gradientInputs = new Map(
  parameters.map(({ name, shape }) => [name, input(`gradient of ${name}`, shape)]),
);

/** The parameters after each step, by the interpreter. */
function run(options: OptimizerOptions): Record<string, number[]>[] {
  const { updates, slots } = optimizerUpdate(parameters, gradientInputs, options);
  let state: Record<string, ArrayLike<number>> = { ...golden.initial };
  for (const { name, shape } of slots) state[name] = new Float64Array(sizeOf(shape));
  return golden.rates.map((rate, step) => {
    const gradients = Object.entries(golden.gradients[step]).map(
      ([name, values]) => [`gradient of ${name}`, values] as const,
    );
    const next = interpret(Object.values(updates), {
      ...state,
      ...Object.fromEntries(gradients),
      ...optimizerFeeds(options, rate, golden.headRateFactor, step),
    });
    state = Object.fromEntries(Object.keys(updates).map((name, i) => [name, next[i]]));
    return Object.fromEntries(parameters.map(({ name }) => [name, Array.from(state[name])]));
  });
}

describe(`five steps equal those of PyTorch ${golden.torch}`, () => {
  test.for(golden.cases)("$name", ({ options, history }) => {
    run(options).forEach((actual, step) => {
      for (const [name, expected] of Object.entries(history[step])) {
        expected.forEach((value, i) => {
          // Adam's corrections are fed as float32 numbers: 6e-8 of steps of up to 0.16.
          expect(Math.abs(actual[name][i] - value), `${name} at step ${step}`).toBeLessThan(1e-7);
        });
      }
    });
  });
});

const sgd: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 0 };
const adam: OptimizerOptions = {
  kind: "adam",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

test("SGD remembers one tensor for each parameter, Adam two, of the parameter's shape", () => {
  const slotsOf = (options: OptimizerOptions) =>
    optimizerUpdate(parameters.slice(0, 1), gradientInputs, options).slots;
  const shape = golden.shapes["conv.weight"];
  expect(slotsOf(sgd)).toEqual([{ name: "conv.weight.velocity", shape }]);
  expect(slotsOf(adam)).toEqual([
    { name: "conv.weight.firstMoment", shape },
    { name: "conv.weight.secondMoment", shape },
  ]);
});

test("every parameter and every slot has a next value of its own shape", () => {
  for (const options of [sgd, adam]) {
    const { updates, slots } = optimizerUpdate(parameters, gradientInputs, options);
    const shapes = [...parameters, ...slots].map(({ name, shape }) => [name, shape] as const);
    expect(Object.keys(updates).sort()).toEqual(shapes.map(([name]) => name).sort());
    for (const [name, shape] of shapes) expect(updates[name].shape, name).toEqual(shape);
  }
});

test("a parameter without a gradient is an internal fault", () => {
  expect(() => optimizerUpdate(parameters, new Map(), sgd)).toThrow(
    new RangeError('internal: no gradient of "conv.weight".'),
  );
});

test("the head's rate is the body's times its factor; only Adam is told the time", () => {
  expect(optimizerFeeds(sgd, 0.25, 8, 3)).toEqual({
    bodyRate: Float32Array.of(0.25),
    headRate: Float32Array.of(2),
  });
  expect(optimizerFeeds({ ...adam, beta1: 0.5, beta2: 0.75 }, 0.25, 8, 0)).toEqual({
    bodyRate: Float32Array.of(0.25),
    headRate: Float32Array.of(2),
    firstCorrection: Float32Array.of(2),
    secondCorrection: Float32Array.of(2),
  });
});

describe("by hand, with a rate that falls from 0.5 to 0.25 and a gradient of 1 twice", () => {
  const bias: Parameter = {
    name: "layer.bias",
    shape: [1],
    initialize: () => new Float32Array(1),
    decays: false,
    isHead: false,
    node: input("layer.bias", [1]),
  };

  function twoSteps(options: OptimizerOptions, biasRateFactor?: number): number {
    const gradients = new Map([[bias.name, input("gradient", [1])]]);
    const factor = biasRateFactor === undefined ? {} : { biasRateFactor };
    const { updates } = optimizerUpdate([bias], gradients, options, factor);
    let state: Record<string, ArrayLike<number>> = {
      "layer.bias": [0],
      "layer.bias.velocity": [0],
    };
    for (const [step, rate] of [0.5, 0.25].entries()) {
      const feeds = { ...state, gradient: [1], ...optimizerFeeds(options, rate, 1, step) };
      const next = interpret(Object.values(updates), feeds);
      state = Object.fromEntries(Object.keys(updates).map((name, i) => [name, next[i]]));
    }
    return state["layer.bias"][0];
  }

  test("PyTorch's velocity forgets the old rate", () => {
    // v = 1, p = -0.5; v = 0.5 + 1, p = -0.5 - 0.25 * 1.5
    expect(twoSteps({ kind: "sgd", momentum: 0.5, weightDecay: 0 })).toBe(-0.875);
  });

  test("Caffe's velocity keeps it", () => {
    // v = 0.5, p = -0.5; v = 0.25 + 0.25, p = -1
    expect(twoSteps({ kind: "sgd", form: "caffe", momentum: 0.5, weightDecay: 0 })).toBe(-1);
  });

  test("a bias moves by its own factor", () => {
    expect(twoSteps({ kind: "sgd", momentum: 0.5, weightDecay: 0 }, 2)).toBe(-1.75);
  });
});
