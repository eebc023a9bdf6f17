import { describe, expect, test } from "vitest";
import { globalAveragePool, input, interpret, type Node } from "../graph/index.ts";
import { defineModel, type Model, type Net } from "./model.ts";
import { torchvisionPreprocessing } from "./options.ts";

const define = (build: (net: Net, images: Node) => Node): Model =>
  defineModel({
    name: "tiny",
    classes: 2,
    inputSize: 8,
    preprocessing: torchvisionPreprocessing,
    attentionLayer: "conv",
    build,
  });

const model = define((net, images) => {
  const x = net.conv("conv", images, 4, { stride: 2 });
  return net.head(() => net.dense("fc", globalAveragePool(x), 2, { activation: "none" }));
});

describe("defineModel", () => {
  test("learns parameters, their order and who belongs to the head from one trace", () => {
    expect(
      model.parameters.map(({ name, shape, decays, isHead }) => [name, shape, decays, isHead]),
    ).toEqual([
      ["conv.weight", [4, 3, 3, 3], true, false],
      ["conv.bias", [4], false, false],
      ["fc.weight", [2, 4], true, true],
      ["fc.bias", [2], false, true],
    ]);
    expect(model.layers).toEqual(["conv", "fc"]);
  });

  test("shares parameters between forward passes, and nothing else", () => {
    const [a, b] = [input("a", [1, 3, 8, 8]), input("b", [2, 3, 8, 8])];
    const [first, second] = [model.forward(a), model.forward(b)];
    expect(model.parameters).toHaveLength(4);
    expect([first.logits.shape, second.logits.shape]).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(first.layers.get("conv")?.node.shape).toEqual([1, 4, 4, 4]);
  });

  test("refuses images of another size and says what to set", () => {
    expect(() => model.forward(input("images", [1, 3, 9, 8]))).toThrow(
      "tiny: images must be [N, 3, 8, 8]; got [1, 3, 9, 8]. Set inputSize.",
    );
    expect(() => model.forward(input("images", [3, 8, 8]))).toThrow(
      "tiny: images must be [N, 3, 8, 8]; got [3, 8, 8]. Set inputSize.",
    );
  });
});

describe("Net", () => {
  test("a dense layer is x·Wᵀ + b, with ReLU unless told otherwise", () => {
    const values = (["relu", "none"] as const).map((activation) => {
      const dense = define((net, images) =>
        net.dense("fc", globalAveragePool(images), 2, { activation }),
      );
      const { logits } = dense.forward(input("images", [1, 3, 8, 8]));
      const feeds = {
        images: Array.from({ length: 192 }, (_, i) => Math.floor(i / 64) + 1),
        "fc.weight": [1, 10, 100, -1, -1, -1],
        "fc.bias": [0.5, 0.25],
      };
      return [...interpret([logits], feeds)[0]];
    });
    expect(values).toEqual([
      [321.5, 0],
      [321.5, -5.75],
    ]);
  });

  test("a convolution adds its bias to every pixel of its channel", () => {
    const conv = define((net, images) =>
      globalAveragePool(net.conv("conv", images, 2, { kernel: 1, activation: "none" })),
    );
    const { logits } = conv.forward(input("images", [1, 3, 8, 8]));
    const feeds = {
      images: new Array<number>(192).fill(1),
      "conv.weight": [1, 2, 3, 0, 0, -1],
      "conv.bias": [10, 20],
    };
    expect([...interpret([logits], feeds)[0]]).toEqual([16, 19]);
  });
});
