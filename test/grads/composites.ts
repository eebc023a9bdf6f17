/** Operations made of primitives, up to a small Grad-CAM, as cases for the same checks. */
import { grad } from "../../src/autodiff/index.ts";
import {
  add,
  averagePool,
  binaryCrossEntropy,
  conv,
  globalAveragePool,
  logSoftmax,
  matmul,
  maxPool,
  mean,
  mul,
  type Node,
  relu,
  resizeBilinear,
  sigmoid,
  softmax,
  square,
  sum,
} from "../../src/graph/index.ts";
import { type Case, kinked, smooth } from "./cases.ts";
import { anywhere, awayFromZero, distinct, positive } from "./draw.ts";

/** Grad-CAM of a two-layer network, unclipped and squashed so that it is smooth. */
function smoothAttention(x: Node, w: Node, head: Node): Node {
  const features = sigmoid(conv(x, w, { padding: 1 }));
  const score = sum(matmul(globalAveragePool(features), head));
  const [slope] = grad(score, [features]);
  const weights = mean(slope, [2, 3], { keepDims: true });
  return sigmoid(sum(mul(weights, features), 1));
}

/** Squared norm of the gradient of a small network in its image. */
function gradientPenalty(x: Node, w: Node): Node {
  const y = relu(maxPool(conv(x, w), { kernel: 2, stride: 2 }));
  const [slope] = grad(sum(mul(square(y), y)), [x]);
  return sum(square(slope));
}

export const compositeCases: readonly Case[] = [
  smooth("mean", [anywhere([2, 3, 2])], (x) => mean(x, [0, 2])),
  smooth("square", [anywhere([2, 3])], square),
  smooth("logSoftmax along the first axis", [distinct([3, 4])], (x) => logSoftmax(x, 0)),
  smooth("logSoftmax along the last axis", [distinct([3, 4])], (x) => logSoftmax(x, -1)),
  smooth("softmax", [distinct([2, 4])], (x) => softmax(x, 1)),
  smooth(
    "binaryCrossEntropy, in its targets too",
    [anywhere([2, 5]), positive([2, 5])],
    binaryCrossEntropy,
  ),
  smooth("globalAveragePool", [anywhere([2, 3, 2, 4])], globalAveragePool),
  smooth("resizeBilinear to more pixels", [anywhere([2, 1, 4, 5])], (x) =>
    resizeBilinear(x, [5, 7]),
  ),
  smooth("resizeBilinear to fewer pixels", [anywhere([2, 1, 4, 5])], (x) =>
    resizeBilinear(x, [2, 3]),
  ),
  smooth("resizeBilinear along one axis", [anywhere([2, 1, 4, 5])], (x) =>
    resizeBilinear(x, [4, 9]),
  ),
  smooth("averagePool", [anywhere([2, 2, 4, 5])], (x) => averagePool(x, { kernel: 2 })),
  smooth("averagePool, padded", [anywhere([2, 1, 4, 5])], (x) =>
    averagePool(x, { kernel: 3, padding: 1 }),
  ),
  smooth(
    "conv with a bias",
    [anywhere([2, 2, 4, 4]), anywhere([3, 2, 3, 3]), anywhere([1, 3, 1, 1])],
    (x, w, bias) => add(conv(x, w, { padding: 1 }), bias),
  ),
  smooth(
    "conv that is used with and without its bias",
    [anywhere([1, 2, 4, 4]), anywhere([3, 2, 1, 1]), anywhere([1, 3, 1, 1])],
    (x, w, bias) => {
      const y = conv(x, w);
      return mul(add(y, bias), y);
    },
  ),
  smooth(
    "attention map of a small network",
    [anywhere([2, 2, 4, 4]), anywhere([3, 2, 3, 3]), anywhere([3, 1])],
    smoothAttention,
  ),
  kinked(
    "gradient penalty through ReLU and max pool",
    [distinct([1, 1, 5, 5]), awayFromZero([2, 1, 2, 2])],
    gradientPenalty,
  ),
];
