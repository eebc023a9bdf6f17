import { expect, test } from "vitest";
import {
  add,
  constant,
  interpret,
  matmul,
  type Node,
  relu,
  reshape,
  transpose,
} from "../graph/index.ts";
import { defineModel, type Forward, type Model } from "../nn/index.ts";
import { Random } from "../random.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { attendViews } from "./attend.ts";
import { camMethodNames, camMethods, isCamMethod, isGradientCam } from "./camMethods.ts";

const valuesOf = (node: Node): number[] => [...interpret([node], {})[0]];
const gradientCams = camMethodNames.filter(isGradientCam);

test("names are told from other words", () => {
  expect(camMethodNames).toEqual(["grad-cam", "grad-cam++", "layer-cam", "score-cam"]);
  expect(isCamMethod("layer-cam")).toBe(true);
  expect(isCamMethod("LayerCAM")).toBe(false);
});

test("where the gradient is the same everywhere, the methods weigh channels by its sign alone", () => {
  // Channel 0 speaks for the class and channel 1 against it.
  const activations = constant([1, 0, 0, 3, 0, 2, 0, 0], [1, 2, 2, 2]);
  const gradient = constant([0.5, 0.5, 0.5, 0.5, -1, -1, -1, -1], [1, 2, 2, 2]);
  const of = (method: (typeof gradientCams)[number]): number[] =>
    valuesOf(camMethods[method].map(activations, gradient));
  expect(of("grad-cam")).toEqual([0.5, 0, 0, 1.5]);
  expect(of("layer-cam")).toEqual([0.5, 0, 0, 1.5]);
  // α = 1 / (2 + 0.5 · 4) at four places: w = 4 · 0.5 / 4.
  expect(of("grad-cam++")).toEqual([0.5, 0, 0, 1.5]);
});

test("LayerCAM shows the place that speaks for a class where Grad-CAM is blank", () => {
  const activations = constant([1, 1, 1, 1], [1, 1, 2, 2]);
  const gradient = constant([1, -1, -1, -1], [1, 1, 2, 2]);
  expect(valuesOf(camMethods["grad-cam"].map(activations, gradient))).toEqual([0, 0, 0, 0]);
  expect(valuesOf(camMethods["layer-cam"].map(activations, gradient))).toEqual([1, 0, 0, 0]);
});

test("Grad-CAM++ stays finite where activations of both signs bring its denominator to zero", () => {
  const activations = constant([-3, 1, 0, 0], [1, 1, 2, 2]);
  // 2 + g · (−2) is 0, 1, −2 and 2.
  const gradient = constant([1, 0.5, 2, 0], [1, 1, 2, 2]);
  const map = valuesOf(camMethods["grad-cam++"].map(activations, gradient));
  expect(map).toEqual([0, 0.5, 0, 0]);
});

test("a layer of tokens gives the maps that it gives as a grid", () => {
  const grid = defineModel({
    name: "grid",
    classes: 2,
    inputSize: 8,
    preprocessing: { channels: "rgb", mean: [0, 0, 0], deviation: [1, 1, 1] },
    attentionLayer: "conv",
    build: (net, images) => {
      const x = net.conv("conv", images, 5, { stride: 2 });
      const flat = reshape(x, [x.shape[0], 5 * 16]);
      return net.dense("score", net.dense("fc", flat, 6), 2, { activation: "none" });
    },
  });
  const toGrid = (x: Node): Node =>
    reshape(transpose(x, [0, 2, 1]), [x.shape[0], x.shape[2], 4, 4]);
  /** The same network with its layer as tokens, [N, 16, 5]. */
  const tokens: Model = {
    ...grid,
    forward: (images): Forward => {
      const x = grid.forward(images).layers.get("conv")?.node ?? images;
      const node = transpose(reshape(x, [x.shape[0], 5, 16]), [0, 2, 1]);
      const parameter = (name: string): Node =>
        grid.parameters.find((p) => p.name === name)?.node ?? images;
      const flat = reshape(transpose(node, [0, 2, 1]), [x.shape[0], 80]);
      return { logits: twoLayers(flat, parameter), layers: new Map([["conv", { node, toGrid }]]) };
    },
  };
  const feeds = Object.fromEntries([
    ...grid.parameters.map(({ name, shape }, seed) => [name, numbers(shape, seed)] as const),
    ["images", numbers([2, 3, 8, 8], 9)] as const,
  ]);
  const views = gradientCams.map((method) => ({ method, layer: "conv" }));
  const [a, b] = [grid, tokens].map((model) =>
    interpret(attendViews(model, 2, views).maps.flat(), feeds).map((map) => [...map]),
  );
  expect(a).toHaveLength(views.length * 2);
  expect(b.flat()).toEqual(a.flat().map((value) => expect.closeTo(value, 10)));
  expect(Math.max(...a.flat())).toBeGreaterThan(0);
});

/** The layers fc and score of the network above. */
function twoLayers(flat: Node, parameter: (name: string) => Node): Node {
  const dense = (x: Node, name: string): Node =>
    add(matmul(x, transpose(parameter(`${name}.weight`), [1, 0])), parameter(`${name}.bias`));
  return dense(relu(dense(flat, "fc")), "score");
}

function numbers(shape: Shape, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: sizeOf(shape) }, () => random.normal(0, 0.5));
}
