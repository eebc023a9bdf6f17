import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff/index.ts";
import { addAll, input, interpret, type Node } from "../../../src/graph/index.ts";
import { createSegmentationModel } from "../../../src/nn/index.ts";
import { runOnce } from "../../../src/runtime/index.ts";
import {
  constrainLoss,
  expandLoss,
  secProbabilities,
  secStep,
  seedLoss,
} from "../../../src/sec/index.ts";
import { sizeOf } from "../../../src/shape.ts";
import { Formula } from "../gain/formula.ts";
import { deviation, feedsOf, type Golden, type GoldenStep, lossFeeds } from "./goldenCase.ts";

const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8")) as Golden;
const formula = new Formula(golden.seed);

type Values = ReadonlyMap<string, ArrayLike<number>>;
type Run = (
  outputs: ReadonlyMap<string, Node>,
  feeds: Record<string, Float32Array>,
) => Promise<Values>;

interface Tolerance {
  /** Of a loss, relative. */
  readonly loss: number;
  /** Of a tensor's deviation from PyTorch's, relative to its L2 norm. */
  readonly tensor: number;
}

/** Both sides in float64; figures are kept to nine digits, and marginals are fed rounded to float32. */
const inFloat64: Tolerance = { loss: 1e-7, tensor: 1e-7 };

/** Of given scores: sums of up to 1,681 numbers, each rounded to 6e-8. */
const lossesInFloat32: Tolerance = { loss: 1e-5, tensor: 1e-5 };

/**
 * A whole network in float32: pre-activations within rounding of zero, and two places of a pool's
 * window within rounding of each other, can fall to the other side, which moves a gradient by whole
 * elements (see ../gain/gain.test.ts). None did here (measured: 5e-5, of losses 5e-6, both where
 * 1 − max p is near zero), but another processor's order of sums may.
 */
const networkInFloat32: Tolerance = { loss: 1e-4, tensor: 1e-2 };

/** Activations are continuous: what falls to the other side changes nothing. */
const ofLayers = 1e-5;

const float64: Run = async (outputs, feeds) => {
  const values = interpret([...outputs.values()], feeds);
  return new Map([...outputs.keys()].map((name, i) => [name, values[i]]));
};

const float32: Run = async (outputs, feeds) => {
  const results = await runOnce(Object.fromEntries(outputs), feeds);
  return new Map(Array.from(results, ([name, { data }]) => [name, data]));
};

describe("the losses of given scores and their gradients equal those of SEC's code", () => {
  const { classes, outputSize, tags, losses, gradients } = golden.losses;
  const shape = [tags.length, 1 + classes, outputSize, outputSize];

  test.for([
    ["in float64", float64, inFloat64],
    ["in float32 on ONNX Runtime", float32, lossesInFloat32],
  ] as const)("%s", async ([, run, tolerance]) => {
    const value = formula.uniform("scores");
    const feeds = {
      scores: Float32Array.from({ length: sizeOf(shape) }, (_, i) => 3 * value(i)),
      ...lossFeeds(tags, shape, formula),
    };
    const scores = input("scores", shape);
    const probs = secProbabilities(scores);
    const parts = {
      seed: seedLoss(probs, input("cues", shape)),
      expand: expandLoss(probs, input("tags", [tags.length, classes])),
      constrain: constrainLoss(probs, input("target", shape)),
    };
    const nodes = new Map<string, Node>(Object.entries(parts));
    nodes.set("loss", addAll(Object.values(parts)));
    const slopes = Array.from(nodes, ([name, loss]) => {
      return [`gradient of ${name}`, grad(loss, [scores])[0]] as const;
    });
    const values = await run(new Map([...nodes, ...slopes]), feeds);
    expectLosses(values, losses, tolerance);
    for (const [name, expected] of Object.entries(gradients)) {
      const actual = values.get(`gradient of ${name}`) ?? [];
      expect(deviation(name, actual, expected, formula), name).toBeLessThan(tolerance.tensor);
    }
  });
});

describe("activations, losses and gradients of SEC's step equal PyTorch's", () => {
  test.for(golden.steps.map((step) => [step.model, step] as const))(
    "%s in float32 on ONNX Runtime",
    ([, step]) => expectStep(step, float32, networkInFloat32),
  );

  test("smallnet_largefov in float64", () => {
    const step = golden.steps.find(({ model }) => model === "smallnet_largefov");
    if (step === undefined) throw new Error("internal: no golden step of smallnet_largefov.");
    return expectStep(step, float64, inFloat64);
  });
});

async function expectStep(expected: GoldenStep, run: Run, tolerance: Tolerance): Promise<void> {
  const { model: name, classes, inputSize, tags } = expected;
  const model = createSegmentationModel(name, { classes, inputSize });
  const step = secStep(model, { images: tags.length });
  // Inputs of one name are one node to the program: this trace is the step's own.
  const { layers } = model.forward(step.inputs.images, { dropout: true });
  const kept = [...layers].filter(([layer]) => !layer.includes("."));
  // An output cannot have the name of an input.
  const outputs = new Map<string, Node>([
    ...Object.entries(step.losses),
    ...kept.map(([layer, node]) => [`layer ${layer}`, node] as const),
    ...Array.from(step.gradients, ([parameter, node]) => [`gradient ${parameter}`, node] as const),
  ]);
  const values = await run(outputs, feedsOf(expected, step, formula));

  expectLosses(values, expected.losses, tolerance);
  expect(kept.map(([layer]) => layer).sort()).toEqual(Object.keys(expected.layers).sort());
  for (const [layer, summary] of Object.entries(expected.layers)) {
    const label = `layer ${layer}`;
    expect(outputs.get(label)?.shape, label).toEqual(summary.shape);
    const error = deviation(label, values.get(label) ?? [], summary, formula);
    expect(error, label).toBeLessThan(ofLayers);
  }
  expect([...step.gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
  for (const [parameter, summary] of Object.entries(expected.gradients)) {
    const actual = values.get(`gradient ${parameter}`) ?? [];
    const error = deviation(parameter, actual, summary, formula);
    expect(error, parameter).toBeLessThan(tolerance.tensor);
  }
}

function expectLosses(
  values: Values,
  expected: Readonly<Record<string, number>>,
  tolerance: Tolerance,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const actual = values.get(name)?.[0] ?? Number.NaN;
    expect(Math.abs(actual / value - 1), name).toBeLessThan(tolerance.loss);
  }
}
