import { describe, expect, test } from "vitest";
import { input } from "../../graph/index.ts";
import { sizeOf } from "../../shape.ts";
import { createModel } from "../models.ts";
import { vgg16LargeFov } from "./largeFov.ts";
import { createSegmentationModel, segmentationModelFor, segmentationModelNames } from "./models.ts";

test("VGG16-LargeFOV's layers shrink from 321 to 161, 81 and 41, and no further", () => {
  const model = vgg16LargeFov({ classes: 20 });
  const { layers, scores } = model.forward(input("images", [2, 3, 321, 321]));
  const shapes = Array.from(
    layers,
    ([name, { shape }]) => `${name} ${shape.slice(1, 3).join(" ")}`,
  );
  expect(shapes).toEqual([
    "conv1_1 64 321",
    "conv1_2 64 321",
    "pool1 64 161",
    "conv2_1 128 161",
    "conv2_2 128 161",
    "pool2 128 81",
    "conv3_1 256 81",
    "conv3_2 256 81",
    "conv3_3 256 81",
    "pool3 256 41",
    "conv4_1 512 41",
    "conv4_2 512 41",
    "conv4_3 512 41",
    "pool4 512 41",
    "conv5_1 512 41",
    "conv5_2 512 41",
    "conv5_3 512 41",
    "pool5 512 41",
    "pool5a 512 41",
    "fc6 1024 41",
    "fc7 1024 41",
    "fc8 21 41",
  ]);
  expect(scores.shape).toEqual([2, 21, 41, 41]);
  expect(model.outputSize).toBe(41);
});

test("VGG16-LargeFOV has 20,499,285 parameters, of which only fc8 is new for every set of classes", () => {
  const { parameters } = vgg16LargeFov({ classes: 20 });
  // conv1_1 to conv5_3, fc6, fc7, fc8, each with its biases.
  const sizes = [14_714_688, 1024 * (512 * 9 + 1), 1024 * 1025, 21 * 1025];
  expect(parameters.reduce((total, { shape }) => total + sizeOf(shape), 0)).toBe(
    sizes.reduce((total, size) => total + size),
  );
  expect(parameters.filter(({ isHead }) => isHead).map(({ name }) => name)).toEqual([
    "fc8.weight",
    "fc8.bias",
  ]);
});

describe.each(segmentationModelNames)("%s", (name) => {
  const model = createSegmentationModel(name, { classes: 5, inputSize: 65 });
  const images = input("images", [2, 3, 65, 65]);

  test("scores every eighth pixel of an image, background included", () => {
    expect(model.outputSize).toBe(9);
    expect(model.forward(images).scores.shape).toEqual([2, 6, 9, 9]);
  });

  test("has dropout behind fc6 and fc7 only when it is asked for", () => {
    expect(model.forward(images).dropouts).toEqual([]);
    const { dropouts, layers } = model.forward(images, { dropout: true });
    expect(dropouts).toEqual(
      ["fc6", "fc7"].map((layer) => ({
        name: `dropout ${layer}`,
        shape: layers.get(layer)?.shape,
        keep: 0.5,
      })),
    );
  });

  test("names the parameters of its trunk as the classification model does", () => {
    const classifier = createModel(name.replace("_largefov", ""), { classes: 5, inputSize: 64 });
    const trunk = classifier.parameters.filter(({ isHead }) => !isHead);
    const described = new Set(model.parameters.map((p) => `${p.name} [${p.shape}]`));
    expect(trunk.filter((p) => !described.has(`${p.name} [${p.shape}]`))).toEqual([]);
    const added = model.parameters.slice(trunk.length).map((p) => p.name.replace(/\..*/, ""));
    expect([...new Set(added)]).toEqual(["fc6", "fc7", "fc8"]);
  });

  test("refuses an input size that puts scores between pixels, and names the nearest", () => {
    expect(() => createSegmentationModel(name, { classes: 5, inputSize: 320 })).toThrow(
      new RangeError(
        `${name}: inputSize must be a multiple of 8 plus 1, so that scores lie on every 8th pixel; got 320. Use 321.`,
      ),
    );
  });
});

test("every place of SqueezeNet-LargeFOV's head is new, since no weights of it exist", () => {
  const { parameters } = createSegmentationModel("squeezenet1_1_largefov", { classes: 5 });
  const heads = parameters.filter(({ isHead }) => isHead).map(({ name, shape }) => [name, shape]);
  expect(heads).toEqual([
    ["fc6.weight", [256, 512, 3, 3]],
    ["fc6.bias", [256]],
    ["fc7.weight", [256, 256, 1, 1]],
    ["fc7.bias", [256]],
    ["fc8.weight", [6, 256, 1, 1]],
    ["fc8.bias", [6]],
  ]);
});

test("an unknown segmentation model is answered with those that there are", () => {
  expect(() => createSegmentationModel("fcn8s", { classes: 5 })).toThrow(
    new RangeError(
      'model: must be one of smallnet_largefov, squeezenet1_1_largefov, vgg16_largefov; got "fcn8s".',
    ),
  );
});

test("a classification model's trunk leads to its segmentation model", () => {
  expect(
    ["smallnet", "squeezenet1_1", "vgg16", "vgg16_fc"].map((name) => segmentationModelFor(name)),
  ).toEqual(["smallnet_largefov", "squeezenet1_1_largefov", "vgg16_largefov", "vgg16_largefov"]);
  expect(() => segmentationModelFor("model.onnx")).toThrow(
    new RangeError(
      'model: a segmentation model must have the trunk of smallnet, squeezenet1_1, vgg16; got "model.onnx". Name one and its weights (gain run: --set-sec model=NAME --set-sec weights=FILE).',
    ),
  );
});
