/** Every operator that can be read computes what ONNX Runtime computes. */
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { input, interpret } from "../../src/graph/index.ts";
import { ImportedNetwork } from "../../src/onnx/import/index.ts";
import { importRules } from "../../src/onnx/import/rules/index.ts";
import { encodeOnnx, type OnnxModel } from "../../src/onnx/index.ts";
import { Random } from "../../src/random.ts";
import { sizeOf } from "../../src/shape.ts";
import { cases } from "./cases.ts";
import { modelOf, type OperatorCase } from "./operators.ts";

/** Of float32 against float64, relative to the largest number. */
const tolerance = 3e-6;

describe("the graph of an imported operator equals ONNX Runtime's", () => {
  test.for(cases.map((each) => [each.name, each] as const))("%s", async ([, operator]) => {
    const { actual, expected } = await bothResults(operator);
    expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
    actual.forEach(({ values }, i) => {
      const scale = Math.max(1e-3, ...expected[i].values.map(Math.abs));
      const errors = values.map((value, j) => Math.abs(value - expected[i].values[j]) / scale);
      expect(Math.max(...errors)).toBeLessThan(tolerance);
      // A result of zeros would equal itself whatever was computed.
      expect(scale).toBeGreaterThan(1e-3);
    });
  });
});

test("every operator of the table is compared", () => {
  const compared = new Set(cases.map(({ op }) => op));
  expect(Object.keys(importRules).filter((op) => !compared.has(op))).toEqual([]);
});

interface Result {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

async function bothResults(
  operator: OperatorCase,
): Promise<{ actual: readonly Result[]; expected: readonly Result[] }> {
  const model = modelOf(operator);
  const shape = model.graph.inputs[0].shape.map(Number);
  const random = new Random(11);
  const x = Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
  const network = new ImportedNetwork(model, "test.onnx");
  const names = model.graph.outputs.map(({ name }) => name);
  const { tensors } = network.trace(input("x", shape), { outputs: names });
  const nodes = names.map((name) => {
    const node = tensors.get(name);
    if (node === undefined) throw new Error(`no result ${name}`);
    return node;
  });
  const feeds: Record<string, ArrayLike<number>> = { x };
  for (const { name, data } of network.weights.values()) if (data !== undefined) feeds[name] = data;
  const values = interpret(nodes, feeds);
  const actual = nodes.map((node, i) => ({ shape: node.shape, values: [...values[i]] }));
  return { actual, expected: await runPlain(withShapes(model, actual), x, shape) };
}

/** ONNX Runtime refuses the model where the shapes that were found differ from its own. */
const withShapes = (model: OnnxModel, results: readonly Result[]): OnnxModel => ({
  ...model,
  graph: {
    ...model.graph,
    outputs: model.graph.outputs.map((output, i) => ({ ...output, shape: results[i].shape })),
  },
});

async function runPlain(
  model: OnnxModel,
  x: Float32Array,
  shape: readonly number[],
): Promise<Result[]> {
  const session = await ort.InferenceSession.create(encodeOnnx(model), { logSeverityLevel: 3 });
  const results = await session.run({ x: new ort.Tensor("float32", x, shape) });
  const names = model.graph.outputs.map(({ name }) => name);
  return names.map((name) => ({
    shape: results[name].dims,
    values: Array.from(results[name].data as Float32Array),
  }));
}
