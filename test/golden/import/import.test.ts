import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type GuidedStep, guide } from "../../../src/gain/index.ts";
import { input, type Node } from "../../../src/graph/index.ts";
import { importOnnx } from "../../../src/nn/imported/index.ts";
import { initialParameters } from "../../../src/nn/index.ts";
import { choicesFor, plainAlgorithm } from "../../../src/onnx/index.ts";
import { Random } from "../../../src/random.ts";
import { runOnce } from "../../../src/runtime/index.ts";
import { deviation, feedsOf, summarize } from "../gain/goldenCase.ts";
import { cases, fileOf, formulaOf, type ImportedCase } from "./importedCase.ts";

/**
 * PyTorch computed in float64. Logits are relative to the largest, gradients to the norm of their
 * tensor. The seeds are such that no value lies within rounding of a kink, where a gradient would
 * change as a whole (see make.py); PyTorch's own float32 run deviates by at most 1e-4.
 */
const tolerance = { logits: 1e-4, loss: 1e-4, gradient: 1e-3 };

describe.each(cases.map((golden) => [golden.name, golden] as const))("%s", (_, golden) => {
  let file = new Uint8Array();
  beforeAll(() => {
    file = fileOf(golden);
  });
  afterAll(() => {
    file = new Uint8Array();
  });

  test("has PyTorch's logits, losses and gradients of a guided step", async () => {
    const { options, layer, images } = golden;
    const model = importOnnx(file);
    expect(model.attentionLayer).toBe(layer);
    const step = guide(model, { ...options, layer }, { images });
    const { logits } = model.forward(step.inputs.images);
    const names = model.parameters.map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(golden.gradients).sort());
    expect(deviations(golden, await run(golden, step, logits))).toEqual([]);
  });

  test("keeps all weights but its head's when it gets a new head", () => {
    const own = importOnnx(file).parameters.map(({ name }) => name);
    const { parameters, forward, inputSize } = importOnnx(file, { classes: 3 });
    const { logits } = forward(input("images", [2, 3, inputSize, inputSize]));
    expect(logits.shape).toEqual([2, 3]);
    expect(own).toEqual(expect.arrayContaining([...golden.head]));
    const kept = parameters.filter(({ isHead }) => !isHead).map(({ name }) => name);
    expect(kept).toEqual(own.filter((name) => !golden.head.includes(name)));
    expect(parameters).toHaveLength(kept.length + 2);
  });
});

type Results = ReadonlyMap<string, Float32Array>;

/** Names of results: a parameter's gradient cannot have its name, which is that of an input. */
const gradientOf = (parameter: string): string => `gradient of ${parameter}`;

async function run(golden: ImportedCase, step: GuidedStep, logits: Node): Promise<Results> {
  const gradients = [...step.gradients].map(([name, node]) => [gradientOf(name), node] as const);
  const outputs = { logits, ...step.losses, ...Object.fromEntries(gradients) };
  const choices = choicesFor(Object.values(outputs), plainAlgorithm);
  const { model } = step;
  const withoutParameters = { ...step, model: { ...model, parameters: [] } };
  const feeds = feedsOf({ ...golden, model: model.name }, withoutParameters, formulaOf(golden));
  for (const [name, { data }] of initialParameters(model, new Random(0))) feeds[name] = data;
  const results = await runOnce(outputs, feeds, choices);
  return new Map([...results].map(([name, { data }]) => [name, data]));
}

/** What is not as PyTorch has it, by how much. */
function deviations(golden: ImportedCase, results: Results): string[] {
  const { logits, losses, gradients } = golden;
  const found: string[] = [];
  const check = (what: string, error: number, limit: number): void => {
    if (!(error < limit)) found.push(`${what}: ${error.toExponential(1)}`);
  };
  const largest = Math.max(...logits.flat().map(Math.abs));
  logits.flat().forEach((expected, i) => {
    const actual = results.get("logits")?.[i] ?? Number.NaN;
    check(`logit ${i}`, Math.abs(actual - expected) / largest, tolerance.logits);
  });
  for (const [name, expected] of Object.entries(losses)) {
    const [actual] = results.get(name) ?? [Number.NaN];
    check(name, Math.abs(actual / expected - 1), tolerance.loss);
  }
  const formula = formulaOf(golden);
  for (const [name, expected] of Object.entries(gradients)) {
    const actual = results.get(gradientOf(name)) ?? new Float32Array();
    const error = deviation(summarize(name, actual, formula), expected, actual.length);
    check(gradientOf(name), error, tolerance.gradient);
  }
  return found;
}
