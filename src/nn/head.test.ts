import { expect, test } from "vitest";
import { input } from "../graph/index.ts";
import { fullyConnectedHead, poolingHead } from "./head.ts";
import { defineModel, type Model } from "./model.ts";
import { torchvisionPreprocessing } from "./options.ts";

const withHead = (head: typeof poolingHead): Model =>
  defineModel({
    name: "tiny",
    classes: 3,
    inputSize: 8,
    preprocessing: torchvisionPreprocessing,
    attentionLayer: "conv",
    build: (net, images) => head(net, net.conv("conv", images, 4), 3),
  });

test("the pooling head is one 1x1 convolution", () => {
  const { parameters } = withHead(poolingHead);
  expect(parameters.filter(({ isHead }) => isHead).map(({ name, shape }) => [name, shape])).toEqual(
    [
      ["head.weight", [3, 4, 1, 1]],
      ["head.bias", [3]],
    ],
  );
});

test("of the fully connected head only fc8 is new for every set of classes", () => {
  const model = withHead(fullyConnectedHead);
  expect(model.parameters.filter(({ isHead }) => isHead).map(({ name }) => name)).toEqual([
    "fc8.weight",
    "fc8.bias",
  ]);
  const { layers, logits } = model.forward(input("images", [2, 3, 8, 8]));
  expect(layers.get("pool5")?.node.shape).toEqual([2, 4, 4, 4]);
  expect(layers.get("fc6")?.node.shape).toEqual([2, 4096]);
  expect(layers.get("fc7")?.node.shape).toEqual([2, 4096]);
  expect(logits.shape).toEqual([2, 3]);
});
