import { expect, test } from "vitest";
import { input } from "../graph/index.ts";
import { createModel, modelNames } from "./models.ts";

test.each(modelNames)("%s gives logits, and its attention layer is spatial", (name) => {
  const model = createModel(name, { classes: 3, inputSize: 64 });
  const { layers, logits } = model.forward(input("images", [2, 3, 64, 64]));
  expect(logits.shape).toEqual([2, 3]);
  expect(layers.get(model.attentionLayer)?.node.shape).toHaveLength(4);
  expect([...layers.keys()]).toEqual(model.layers);
});

test("an unknown name is answered with those that there are", () => {
  expect(() => createModel("resnet50", { classes: 3 })).toThrow(
    'model: must be one of smallnet, squeezenet1_1, vgg16, vgg16_fc; got "resnet50".',
  );
});

test("smallnet gives maps of 14x14 at its own input size of 112", () => {
  const model = createModel("smallnet", { classes: 3 });
  expect(model.inputSize).toBe(112);
  const { layers } = model.forward(input("images", [1, 3, 112, 112]));
  expect(layers.get("conv6")?.node.shape).toEqual([1, 128, 14, 14]);
});
