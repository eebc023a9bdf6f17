/** Operations made of primitives, up to a small Grad-CAM, as cases for the same checks. */
import { grad } from "../../src/autodiff/index.ts";
import {
  abs,
  add,
  averagePool,
  batchNorm,
  binaryCrossEntropy,
  celu,
  conv,
  elu,
  gatherConstant,
  gelu,
  globalAveragePool,
  groupNorm,
  hardSwish,
  layerNorm,
  leakyRelu,
  logSoftmax,
  matmul,
  maximum,
  maxPool,
  mean,
  minimum,
  mish,
  mul,
  type Node,
  padMode,
  power,
  relu,
  resize,
  resizeBilinear,
  selu,
  sigmoid,
  silu,
  softmax,
  softsign,
  square,
  stridedSlice,
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
  smooth("gelu", [anywhere([3, 4])], (x) => gelu(mul(x, 3))),
  smooth("gelu by tanh", [anywhere([3, 4])], (x) => gelu(mul(x, 3), { approximate: "tanh" })),
  smooth("silu", [anywhere([3, 4])], silu),
  smooth("mish", [anywhere([3, 4])], mish),
  kinked("hardSwish", [awayFromZero([3, 4])], (x) => hardSwish(mul(x, 4))),
  kinked("leakyRelu", [awayFromZero([3, 4])], (x) => leakyRelu(x, 0.1)),
  smooth("elu", [awayFromZero([3, 4])], (x) => elu(x, 0.7)),
  smooth("celu", [awayFromZero([3, 4])], (x) => celu(x, 0.7)),
  smooth("selu", [awayFromZero([3, 4])], (x) => selu(x)),
  smooth("softsign", [awayFromZero([3, 4])], softsign),
  kinked("abs", [awayFromZero([3, 4])], abs),
  kinked("maximum", [distinct([3, 4]), distinct([2, 1, 4])], (a, b) => maximum(a, mul(b, 1.07))),
  kinked("minimum", [distinct([3, 1]), distinct([3, 4])], (a, b) => minimum(a, mul(b, 1.07))),
  ...[2, 3, -1, 0.5, -1.5, 7, 2.3].map((exponent) =>
    smooth(`power ${exponent}`, [positive([3, 4])], (x) => power(x, exponent)),
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
  smooth("resize, cubic", [anywhere([2, 1, 4, 5])], (x) => resize(x, [7, 3], { mode: "cubic" })),
  smooth("resize, nearest", [anywhere([2, 1, 4, 5])], (x) =>
    resize(x, [7, 3], { mode: "nearest", coordinates: "asymmetric", nearestMode: "floor" }),
  ),
  smooth("stridedSlice", [anywhere([3, 7])], (x) =>
    stridedSlice(x, { starts: [0, 1], ends: [3, 7], steps: [2, 3] }),
  ),
  smooth("gatherConstant of runs", [anywhere([2, 5])], (x) => gatherConstant(x, [3, 4, 0, 3], 1)),
  smooth("gatherConstant of many places", [anywhere([2, 5, 2])], (x) =>
    gatherConstant(x, [3, 1, 4, 0, 3, 2], 1),
  ),
  smooth("padMode, a value", [anywhere([2, 3])], (x) => padMode(x, [1, 0], [0, 2], "constant", 2)),
  smooth("padMode, mirrored", [anywhere([3, 4])], (x) => padMode(x, [1, 2], [2, 3], "reflect")),
  smooth("padMode, edges", [anywhere([2, 3])], (x) => padMode(x, [1, 2], [0, 1], "edge")),
  smooth("averagePool", [anywhere([2, 2, 4, 5])], (x) => averagePool(x, { kernel: 2 })),
  smooth("averagePool, padded", [anywhere([2, 1, 4, 5])], (x) =>
    averagePool(x, { kernel: 3, padding: 1 }),
  ),
  smooth("averagePool, strided", [anywhere([2, 2, 5, 6])], (x) =>
    averagePool(x, { kernel: [3, 2], stride: 2, padding: [1, 0, 1, 0], countsPadding: false }),
  ),
  smooth("averagePool, dilated", [anywhere([2, 2, 5, 6])], (x) =>
    averagePool(x, { kernel: 2, dilation: [2, 3], padding: 1, countsPadding: false }),
  ),
  smooth("layerNorm", [anywhere([2, 5]), anywhere([5]), anywhere([5])], (x, scale, bias) =>
    layerNorm(x, -1, { scale, bias }),
  ),
  smooth("groupNorm", [anywhere([2, 4, 3]), anywhere([4]), anywhere([4])], (x, scale, bias) =>
    groupNorm(x, 2, { scale, bias }),
  ),
  smooth(
    "batchNorm, in its statistics too",
    [anywhere([2, 3, 4]), anywhere([3]), anywhere([3]), anywhere([3]), positive([3])],
    (x, scale, bias, average, variance) => batchNorm(x, { scale, bias, mean: average, variance }),
  ),
  smooth(
    "batchNorm of a convolution",
    [anywhere([2, 2, 4, 4]), anywhere([4, 1, 3, 3]), anywhere([4]), positive([4])],
    (x, w, parameter, variance) =>
      batchNorm(conv(x, w, { groups: 2, padding: 1 }), {
        scale: parameter,
        bias: parameter,
        mean: parameter,
        variance,
      }),
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
