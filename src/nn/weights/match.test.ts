import { expect, test } from "vitest";
import { sizeOf } from "../../shape.ts";
import { matchWeights } from "./match.ts";
import { type Weights, WeightsError } from "./types.ts";

function weightsOf(shapes: Readonly<Record<string, number[]>>): Weights {
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  );
}

function expectedOf(shapes: Readonly<Record<string, number[]>>): Map<string, number[]> {
  return new Map(Object.entries(shapes));
}

test("names of each source become ours", () => {
  const vgg = ["conv1_1.weight", "conv3_3.bias", "conv5_3.weight", "fc6.weight", "fc8.bias"];
  const squeezenet = [
    "conv1.weight",
    "fire2.squeeze1x1.weight",
    "fire5.expand3x3.bias",
    "fire9.expand1x1.weight",
    "conv10.bias",
  ];
  const sources: [ours: string[], theirs: string[]][] = [
    [vgg, vgg],
    [squeezenet, squeezenet],
    [
      vgg,
      [
        "block1_conv1.weight",
        "block3_conv3.bias",
        "block5_conv3.weight",
        "fc1.weight",
        "predictions.bias",
      ],
    ],
    [
      vgg,
      [
        "features.0.weight",
        "features.14.bias",
        "features.28.weight",
        "classifier.0.weight",
        "classifier.6.bias",
      ],
    ],
    [
      squeezenet,
      [
        "features.0.weight",
        "features.3.squeeze.weight",
        "features.7.expand3x3.bias",
        "features.12.expand1x1.weight",
        "classifier.1.bias",
      ],
    ],
    [
      squeezenet,
      [
        "conv1.weight",
        "fire2/squeeze1x1.weight",
        "fire5/expand3x3.bias",
        "fire9/expand1x1.weight",
        "conv10.bias",
      ],
    ],
  ];
  for (const [ours, theirs] of sources) {
    const weights = weightsOf(Object.fromEntries(theirs.map((name, i) => [name, [i + 1]])));
    const expected = expectedOf(Object.fromEntries(ours.map((name, i) => [name, [i + 1]])));
    expect([...matchWeights(weights, expected).keys()]).toEqual(ours);
  }
});

test("a mismatch lists every missing, unexpected and misshapen tensor", () => {
  const weights = weightsOf({ "a.weight": [2, 3], "a.bias": [2], "x.weight": [1], "y.bias": [4] });
  const expected = expectedOf({
    "a.weight": [3, 2],
    "a.bias": [3],
    "b.weight": [5],
    "b.bias": [5],
  });
  expect(() => matchWeights(weights, expected, { file: "net.pth" })).toThrow(
    new WeightsError(
      "net.pth: weights must fit the model; 2 tensors are missing, 2 unexpected, 2 misshapen.\n" +
        "  missing: b.weight [5]; b.bias [5]\n" +
        "  unexpected: x.weight [1]; y.bias [4]\n" +
        "  misshapen: a.weight is [2, 3], must be [3, 2]; a.bias is [2], must be [3]\n" +
        "Use a file that was made for this model, or choose the model that this file is for.",
    ),
  );
});

test("a head may be absent, unexpected or of another size where the caller says so", () => {
  const isHead = (name: string): boolean => name.startsWith("fc8.") || name.startsWith("head.");
  const weights = weightsOf({ "conv1_1.weight": [4, 3], "fc8.weight": [1000, 4], "fc8.bias": [9] });
  const expected = expectedOf({
    "conv1_1.weight": [4, 3],
    "fc8.weight": [20, 4],
    "head.bias": [1],
  });
  const matched = matchWeights(weights, expected, {
    allowMissing: isHead,
    allowUnexpected: isHead,
  });
  expect([...matched.keys()]).toEqual(["conv1_1.weight"]);
});

test("a linear layer's kernel fits a convolution over its whole input", () => {
  const weights = weightsOf({ "fc6.weight": [5, 12], "fc7.weight": [3, 5, 1, 1] });
  const expected = expectedOf({ "fc6.weight": [5, 3, 2, 2], "fc7.weight": [3, 5] });
  const shapes = [...matchWeights(weights, expected).values()].map(({ shape }) => shape);
  expect(shapes).toEqual([
    [5, 3, 2, 2],
    [3, 5],
  ]);
});
