import { describe, expect, test } from "vitest";
import { constant, input, interpret } from "../../graph/index.ts";
import { ImportedNetwork } from "../../onnx/import/index.ts";
import type { OnnxNode } from "../../onnx/index.ts";
import { Net, type Parameter } from "../model.ts";
import { chosenOutputs, featuresOf, headName, newHead, scoresOf } from "./head.ts";

const node = (op: string, ...inputs: string[]): OnnxNode => {
  const name = inputs.shift() ?? "";
  return { op, name, inputs, outputs: [name], attributes: {} };
};

function networkOf(nodes: readonly OnnxNode[], weights: Readonly<Record<string, number[]>>) {
  return new ImportedNetwork(
    {
      opset: 17,
      irVersion: 8,
      producer: "test",
      metadata: {},
      graph: {
        name: "test",
        inputs: [{ name: "x", type: "float32", shape: ["N", 3, 8, 8] }],
        outputs: [{ name: "y", type: "float32", shape: [] }],
        nodes,
        initializers: Object.entries(weights).map(([name, shape]) => ({
          name,
          type: "float32" as const,
          shape,
          data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
        })),
      },
    },
    "some.onnx",
  );
}

describe("the head of a file", () => {
  const pooled = [node("Conv", "a", "x", "w"), node("GlobalAveragePool", "b", "a")];
  const weights = { w: [5, 3, 1, 1], m: [5, 4], v: [4] };

  test("is found behind dropout, bias and softmax, whatever lays their results out", () => {
    const network = networkOf(
      [
        ...pooled,
        node("Flatten", "c", "b"),
        node("Dropout", "d", "c"),
        node("MatMul", "e", "d", "m"),
        node("Add", "f", "v", "e"),
        node("Softmax", "g", "f"),
        node("Cast", "y", "g"),
      ],
      weights,
    );
    expect(featuresOf(network, "y")).toBe("c");
    expect(scoresOf(network, "y")).toBe("f");
  });

  test("is a 1x1 convolution, but no larger one", () => {
    const tail = [
      node("Conv", "s", "a", "classes"),
      node("Relu", "t", "s"),
      node("GlobalAveragePool", "u", "t"),
      node("Flatten", "y", "u"),
    ];
    const nodes = [pooled[0], ...tail];
    const small = networkOf(nodes, { w: [5, 3, 1, 1], classes: [4, 5, 1, 1] });
    expect(featuresOf(small, "y")).toBe("a");
    expect(scoresOf(small, "y")).toBe("y");
    const large = networkOf(nodes, { w: [5, 3, 1, 1], classes: [4, 5, 3, 3] });
    expect(() => featuresOf(large, "y")).toThrow(
      'some.onnx: output "y" must come from a linear layer (Gemm, MatMul or a 1x1 Conv) to be given new classes; got Conv "s" behind it.',
    );
  });

  test("has another name than the layers that stay", () => {
    const nodes = [node("Conv", "a", "x", "head.weight"), node("Relu", "y", "a")];
    expect(headName(networkOf(nodes, { "head.weight": [5, 3, 1, 1] }), "y")).toBe("head2");
    // That of the head that goes is free.
    expect(headName(networkOf(nodes, { "head.weight": [5, 3, 1, 1] }), "x")).toBe("head");
  });
});

describe("a new head", () => {
  const shapesFor = (features: readonly number[], isChannelsLast: boolean): unknown => {
    const parameters = new Map<string, Parameter>();
    const options = { name: "head", classes: 4, isChannelsLast };
    const logits = newHead(new Net(parameters), input("features", features), options);
    return [logits.shape, parameters.get("head.weight")?.shape];
  };

  test("fits maps in either layout, vectors and tokens", () => {
    expect(shapesFor([2, 5, 3, 3], false)).toEqual([
      [2, 4],
      [4, 5, 1, 1],
    ]);
    expect(shapesFor([2, 3, 3, 5], true)).toEqual([
      [2, 4],
      [4, 5],
    ]);
    expect(shapesFor([2, 5], false)).toEqual([
      [2, 4],
      [4, 5],
    ]);
    expect(shapesFor([2, 9, 5], false)).toEqual([
      [2, 4],
      [4, 5],
    ]);
  });
});

describe("outputs chosen for classes", () => {
  // So far apart that one maximum for all would lose the small ones.
  const scores = constant([1, 2, 500, -300, -301, 3], [1, 6]);
  const valuesOf = (groups: number[][]): number[] => [
    ...interpret([chosenOutputs("some.onnx", scores, groups)], {})[0],
  ];

  test("are the scores themselves, or log Σ exp of several", () => {
    const values = valuesOf([[5], [0, 1], [3, 4]]);
    expect(values[0]).toBe(3);
    expect(values[1]).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2)), 12);
    expect(values[2]).toBeCloseTo(-300 + Math.log(1 + Math.exp(-1)), 10);
  });

  test("must exist, at least one for each class", () => {
    expect(() => valuesOf([[6]])).toThrow("must be places in [0, 6); got 6.");
    expect(() => valuesOf([[1], []])).toThrow("must be places in [0, 6); got none.");
  });
});
