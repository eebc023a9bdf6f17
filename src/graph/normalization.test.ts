import { describe, expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import { Random } from "../random.ts";
import { ShapeError } from "../shape.ts";
import {
  add,
  batchNorm,
  constant,
  conv,
  groupNorm,
  input,
  interpret,
  layerNorm,
  type Node,
  print,
  sub,
  topologicalOrder,
} from "./index.ts";

const valuesOf = (node: Node): number[] => Array.from(interpret([node], {})[0]);
const close = (values: readonly number[]): unknown[] =>
  values.map((value) => expect.closeTo(value, 12));

function randomNumbers(count: number, random: Random): number[] {
  return Array.from({ length: count }, () => random.normal());
}

describe("layerNorm", () => {
  const rows = [1, 2, 6, -4, 0, 7];

  test("gives rows zero mean and unit variance", () => {
    const normalized = (row: readonly number[], epsilon: number): number[] => {
      const mean = row.reduce((a, b) => a + b) / row.length;
      const variance = row.reduce((total, a) => total + (a - mean) ** 2, 0) / row.length;
      return row.map((a) => (a - mean) / Math.sqrt(variance + epsilon));
    };
    const expected = [...normalized(rows.slice(0, 3), 0.1), ...normalized(rows.slice(3), 0.1)];
    const x = constant(rows, [2, 3]);
    expect(valuesOf(layerNorm(x, -1, { epsilon: 0.1 }))).toEqual(close(expected));
    const [scale, bias] = [constant([1, 2, 3]), constant([4, 5, 6])];
    expect(valuesOf(layerNorm(x, 1, { scale, bias, epsilon: 0.1 }))).toEqual(
      close(expected.map((value, i) => value * ((i % 3) + 1) + (i % 3) + 4)),
    );
  });

  test("over several axes takes them as one", () => {
    const whole = valuesOf(layerNorm(constant(rows), 0));
    expect(valuesOf(layerNorm(constant(rows, [1, 2, 3]), [1, 2]))).toEqual(close(whole));
  });
});

describe("groupNorm", () => {
  const data = randomNumbers(2 * 4 * 6, new Random(1));
  const x = constant(data, [2, 4, 2, 3]);

  test("normalises each group of channels of each image on its own", () => {
    const groups = [0, 12, 24, 36].map((start) =>
      valuesOf(layerNorm(constant(data.slice(start, start + 12)), 0)),
    );
    expect(valuesOf(groupNorm(x, 2))).toEqual(close(groups.flat()));
  });

  test("scales and shifts each channel", () => {
    const options = { scale: constant([1, 2, 3, 4]), bias: constant([0, 0, 5, 0]) };
    const plain = valuesOf(groupNorm(x, 4));
    expect(valuesOf(groupNorm(x, 4, options))).toEqual(
      close(
        plain.map((value, i) => {
          const channel = Math.floor(i / 6) % 4;
          return value * (channel + 1) + (channel === 2 ? 5 : 0);
        }),
      ),
    );
  });

  test("refuses groups that do not part the channels", () => {
    expect(() => groupNorm(x, 3)).toThrow(
      new ShapeError(
        "groupNorm: groups must divide the channels of [N, C, ...]; got 3 for shape [2, 4, 2, 3].",
      ),
    );
  });
});

describe("batchNorm", () => {
  const parameters = {
    scale: input("scale", [4]),
    bias: input("bias", [4]),
    mean: input("mean", [4]),
    variance: input("variance", [4]),
    epsilon: 0.01,
  };
  const random = new Random(2);
  const [image, weights] = [randomNumbers(2 * 4 * 5 * 5, random), randomNumbers(4 * 2 * 9, random)];
  const feeds = {
    x: image,
    w: weights,
    b: randomNumbers(4, random),
    scale: [1, -2, 0.5, 0],
    bias: [1, 2, 3, 4],
    mean: [0.1, 0.2, 0.3, 0.4],
    variance: [1, 0.25, 2, 0.5],
  };
  const [x, w, b] = [input("x", [2, 4, 5, 5]), input("w", [4, 2, 3, 3]), input("b", [1, 4, 1, 1])];
  const window = { groups: 2, padding: 1, stride: 2 } as const;

  test("is the definition, channel by channel", () => {
    const expected = image.map((value, i) => {
      const c = Math.floor(i / 25) % 4;
      const { scale, bias, mean, variance } = feeds;
      return (scale[c] * (value - mean[c])) / Math.sqrt(variance[c] + 0.01) + bias[c];
    });
    expect(Array.from(interpret([batchNorm(x, parameters)], feeds)[0])).toEqual(close(expected));
  });

  test.each([
    ["without a bias", conv(x, w, window)],
    ["with a bias", add(conv(x, w, window), b)],
    ["with its bias in front", add(b, conv(x, w, window))],
  ])("of a convolution %s has the values and derivatives of what it is defined as", (_, y) => {
    const folded = batchNorm(y, parameters);
    // What is no convolution any more is normalised place by place.
    const plain = batchNorm(sub(y, 0), parameters);
    const inputs = [x, w, b, parameters.scale, parameters.bias, parameters.mean];
    const cotangent = constant(randomNumbers(2 * 4 * 9, new Random(5)), [2, 4, 3, 3]);
    const all = [folded, ...grad(folded, inputs, cotangent)];
    const expected = [plain, ...grad(plain, inputs, cotangent)];
    const values = interpret(all, feeds);
    interpret(expected, feeds).forEach((value, i) => {
      expect(Array.from(values[i])).toEqual(close([...value]));
    });
  });

  test("of a convolution multiplies its filters and no pixel", () => {
    const nodes = topologicalOrder([batchNorm(add(conv(x, w, window), b), parameters)]);
    const products = nodes.filter(({ op, shape }) => op === "mul" && shape[0] === 2);
    expect(products, print(nodes.slice(-1))).toEqual([]);
  });

  test("refuses parameters for other channels", () => {
    expect(() => batchNorm(input("y", [2, 3, 5]), parameters)).toThrow(
      new ShapeError(
        "batchNorm: parameters must have a value for each channel of [2, 3, 5]; got [4].",
      ),
    );
  });
});
