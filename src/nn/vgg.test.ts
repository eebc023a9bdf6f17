import { expect, test } from "vitest";
import { globalAveragePool, input } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import { fullyConnectedHead } from "./head.ts";
import type { Model } from "./model.ts";
import { vgg16 } from "./vgg.ts";

const count = ({ parameters }: Model, isHead: boolean): number =>
  parameters
    .filter((parameter) => parameter.isHead === isHead)
    .reduce((total, { shape }) => total + sizeOf(shape), 0);

test("has VGG16's 14,714,688 parameters of convolutions", () => {
  expect(count(vgg16({ classes: 20 }), false)).toBe(14_714_688);
});

test("has VGG16's 138,357,544 parameters with its own head and 1000 classes", () => {
  const model = vgg16({ classes: 1000, head: fullyConnectedHead });
  const all = model.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0);
  expect(all).toBe(138_357_544);
});

test("gives maps of 14x14 at an input of 224, before pool5", () => {
  const model = vgg16({ classes: 20 });
  const { layers, logits } = model.forward(input("images", [1, 3, 224, 224]));
  expect(logits.shape).toEqual([1, 20]);
  expect(model.attentionLayer).toBe("conv5_3");
  const shapes = ["conv1_2", "pool1", "conv2_2", "conv3_3", "conv4_3", "pool4", "conv5_3"].map(
    (name) => layers.get(name)?.node.shape.slice(1),
  );
  expect(shapes).toEqual([
    [64, 224, 224],
    [64, 112, 112],
    [128, 112, 112],
    [256, 56, 56],
    [512, 28, 28],
    [512, 14, 14],
    [512, 14, 14],
  ]);
});

test("takes any head", () => {
  const model = vgg16({
    classes: 3,
    inputSize: 32,
    head: (net, features, classes) =>
      net.head(() => net.dense("fc", globalAveragePool(features), classes, { activation: "none" })),
  });
  expect(count(model, true)).toBe(512 * 3 + 3);
  expect(model.layers.slice(-2)).toEqual(["conv5_3", "fc"]);
});

test("refuses images of another size and says what to set", () => {
  const model = vgg16({ classes: 20 });
  expect(() => model.forward(input("images", [1, 3, 321, 321]))).toThrow(
    "vgg16: images must be [N, 3, 224, 224]; got [1, 3, 321, 321]. Set inputSize.",
  );
});
