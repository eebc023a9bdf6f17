import { expect, test } from "vitest";
import { input } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";
import { squeezenet } from "./squeezenet.ts";

const model = squeezenet({ classes: 5 });

test("has SqueezeNet 1.1's 722,496 parameters before its head", () => {
  const count = (isHead: boolean): number =>
    model.parameters
      .filter((parameter) => parameter.isHead === isHead)
      .reduce((total, { shape }) => total + sizeOf(shape), 0);
  expect(count(false)).toBe(722_496);
  expect(count(true)).toBe(512 * 5 + 5);
});

test("gives maps of 14x14 at an input of 224", () => {
  const { layers, logits } = model.forward(input("images", [2, 3, 224, 224]));
  expect(logits.shape).toEqual([2, 5]);
  const shapes = ["conv1", "fire2", "fire3", "fire4", "fire5", "fire6", "fire9", "head"].map(
    (name) => layers.get(name)?.node.shape.slice(1),
  );
  expect(shapes).toEqual([
    [64, 112, 112],
    [128, 56, 56],
    [128, 56, 56],
    [256, 28, 28],
    [256, 28, 28],
    [384, 14, 14],
    [512, 14, 14],
    [5, 14, 14],
  ]);
  expect(model.attentionLayer).toBe("fire9");
});

test("names the layers of its fire modules", () => {
  expect(model.layers.slice(0, 5)).toEqual([
    "conv1",
    "fire2.squeeze1x1",
    "fire2.expand1x1",
    "fire2.expand3x3",
    "fire2",
  ]);
});
