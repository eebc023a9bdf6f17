import { describe, expect, test } from "vitest";
import { type Shape, sizeOf } from "../../shape.ts";
import { createModel } from "../models.ts";
import { type Weights, WeightsError } from "../weights/types.ts";
import { createSegmentationModel } from "./models.ts";
import { largeFovWeights } from "./weights.ts";

const zeros = (entries: readonly (readonly [string, Shape])[]): Map<string, Tensor> =>
  new Map(entries.map(([name, shape]) => [name, { shape, data: new Float32Array(sizeOf(shape)) }]));
interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

const vgg = createSegmentationModel("vgg16_largefov", { classes: 5 });
const trunk = vgg.parameters.filter(({ name }) => name.startsWith("conv"));
const trunkOf = (rename: (name: string) => string = (name) => name): Map<string, Tensor> =>
  zeros(trunk.map(({ name, shape }) => [rename(name), shape]));
const fresh = (weights: Weights): string[] =>
  vgg.parameters.map(({ name }) => name).filter((name) => !weights.has(name));

/** Sets elements of a zero tensor: [index, value]. */
function put(
  { shape, data }: Tensor,
  entries: readonly (readonly [index: readonly number[], value: number])[],
): void {
  for (const [index, value] of entries) {
    data[index.reduce((place, at, axis) => place * shape[axis] + at, 0)] = value;
  }
}

/** The elements that are not zero. */
const marked = (tensor: Tensor | undefined): [number[], number][] => {
  if (tensor === undefined) return [];
  const found: [number[], number][] = [];
  tensor.data.forEach((value, place) => {
    if (value === 0) return;
    const index: number[] = [];
    let rest = place;
    for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % tensor.shape[axis]);
      rest = Math.floor(rest / tensor.shape[axis]);
    }
    found.push([index, value]);
  });
  return found;
};

describe("VGG16's fully connected layers", () => {
  const file = trunkOf();
  const place = (channel: number, y: number, x: number): number => (channel * 7 + y) * 7 + x;
  const layers = zeros([
    ["fc6.weight", [4096, 512 * 49]],
    ["fc6.bias", [4096]],
    ["fc7.weight", [4096, 4096]],
    ["fc7.bias", [4096]],
    ["fc8.weight", [1000, 4096]],
    ["fc8.bias", [1000]],
  ]);
  for (const [name, tensor] of layers) file.set(name, tensor);
  const get = (name: string): Tensor => {
    const tensor = layers.get(name);
    if (tensor === undefined) throw new Error(`internal: no ${name}.`);
    return tensor;
  };
  put(get("fc6.weight"), [
    [[0, place(0, 0, 0)], 1],
    [[8, place(3, 6, 3)], 2],
    [[4092, place(511, 6, 6)], 3],
    // Between filters, rows and columns that are kept.
    [[9, place(3, 6, 3)], 9],
    [[8, place(3, 5, 3)], 9],
    [[8, place(3, 6, 2)], 9],
  ]);
  put(get("fc6.bias"), [
    [[4], 4],
    [[5], 9],
  ]);
  put(get("fc7.weight"), [
    [[4, 8], 5],
    [[4, 9], 9],
    [[5, 8], 9],
  ]);
  put(get("fc7.bias"), [
    [[4092], 6],
    [[4095], 9],
  ]);
  const weights = largeFovWeights(file, vgg);

  test("keep every fourth filter, and rows and columns 0, 3 and 6", () => {
    expect(weights.get("fc6.weight")?.shape).toEqual([1024, 512, 3, 3]);
    expect(marked(weights.get("fc6.weight"))).toEqual([
      [[0, 0, 0, 0], 1],
      [[2, 3, 2, 1], 2],
      [[1023, 511, 2, 2], 3],
    ]);
    expect(marked(weights.get("fc6.bias"))).toEqual([[[1], 4]]);
  });

  test("of fc7 keep what sees the filters of fc6 that are left", () => {
    expect(weights.get("fc7.weight")?.shape).toEqual([1024, 1024, 1, 1]);
    expect(marked(weights.get("fc7.weight"))).toEqual([[[1, 2, 0, 0], 5]]);
    expect(marked(weights.get("fc7.bias"))).toEqual([[[1023], 6]]);
  });

  test("leave fc8, which is of other classes, to start anew", () => {
    expect(fresh(weights)).toEqual(["fc8.weight", "fc8.bias"]);
  });
});

test("fully connected layers that are smaller already are taken as they are", () => {
  const file = trunkOf();
  const reduced = zeros([
    ["fc6.weight", [1024, 512, 3, 3]],
    ["fc6.bias", [1024]],
    ["fc7.weight", [1024, 1024, 1, 1]],
    ["fc7.bias", [1024]],
  ]);
  for (const [name, tensor] of reduced) file.set(name, tensor);
  const weights = largeFovWeights(file, vgg);
  expect(weights.get("fc6.weight")?.data).toBe(reduced.get("fc6.weight")?.data);
  expect(fresh(weights)).toEqual(["fc8.weight", "fc8.bias"]);
});

test("a file without fully connected layers, or with those of another window, leaves them fresh", () => {
  const all = ["fc6.weight", "fc6.bias", "fc7.weight", "fc7.bias", "fc8.weight", "fc8.bias"];
  const keras = trunkOf((name) => name.replace(/^conv(\d)_(\d)/, "block$1_conv$2"));
  expect(fresh(largeFovWeights(keras, vgg))).toEqual(all);
  const small = trunkOf();
  for (const [name, tensor] of zeros([["fc6.weight", [4096, 512 * 4]]])) small.set(name, tensor);
  expect(fresh(largeFovWeights(small, vgg))).toEqual(all);
});

test("a checkpoint of the classification model gives the whole trunk", () => {
  const classifier = createModel("squeezenet1_1", { classes: 5 });
  const model = createSegmentationModel("squeezenet1_1_largefov", { classes: 5 });
  const file = zeros(
    classifier.parameters.flatMap(({ name, shape }) => [
      [name, shape] as const,
      [`${name}.velocity`, shape] as const,
    ]),
  );
  const weights = largeFovWeights(file, model);
  const trunkNames = classifier.parameters.filter(({ isHead }) => !isHead).map(({ name }) => name);
  expect([...weights.keys()].sort()).toEqual(trunkNames.sort());
});

test("a trunk that is not there is an error that names the file", () => {
  const file = trunkOf();
  file.delete("conv3_2.weight");
  expect(() => largeFovWeights(file, vgg, "vgg.pth")).toThrow(
    new WeightsError(
      "vgg.pth: weights must fit the model; 1 tensors are missing, 0 unexpected, 0 misshapen." +
        "\n  missing: conv3_2.weight [256, 256, 3, 3]" +
        "\nUse a file that was made for this model, or choose the model that this file is for.",
    ),
  );
});
