/** The guided step of an imported network on ONNX Runtime, compared with PyTorch's. */
import { type GuidedStep, guide, paperGuidance } from "../../../src/gain/index.ts";
import type { Node } from "../../../src/graph/index.ts";
import { importOnnx } from "../../../src/nn/imported/index.ts";
import { initialParameters } from "../../../src/nn/index.ts";
import { choicesFor, plainAlgorithm } from "../../../src/onnx/index.ts";
import { Random } from "../../../src/random.ts";
import { runOnce } from "../../../src/runtime/index.ts";
import { deviation, feedsOf, summarize } from "../gain/goldenCase.ts";
import { fileOf, formulaOf, type ImportedCase } from "./importedCase.ts";

/**
 * PyTorch computed in float64. Logits are relative to the largest, gradients to the norm of their
 * tensor. The seeds are such that no value lies within rounding of a kink, where a gradient would
 * change as a whole (see make.py); PyTorch's own float32 run deviates by at most 1e-4.
 */
const tolerance = { logits: 1e-4, loss: 1e-4, gradient: 1e-3 };

/** @returns  Which logits, losses and gradients are not as PyTorch has them, by how much. */
export async function guidedStepDeviations(golden: ImportedCase): Promise<string[]> {
  const { options, layer, images } = golden;
  const model = importOnnx(fileOf(golden));
  const step = guide(model, { ...paperGuidance, ...options, layer }, { images });
  const { logits } = model.forward(step.inputs.images);
  return deviations(golden, await run(golden, step, logits));
}

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
