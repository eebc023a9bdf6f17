import { describe, test } from "vitest";
import { grad } from "../../src/autodiff/index.ts";
import {
  binaryCrossEntropy,
  broadcastTo,
  complement,
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
import { checkGrads } from "./checkGrads.ts";
import { anywhere, awayFromZero, distinct, positive } from "./draw.ts";

describe("composite operations match finite differences", () => {
  test("mean", () => checkGrads((x) => mean(x, [0, 2]), [anywhere([2, 3, 2])], { order: 3 }));

  test("square", () => checkGrads(square, [anywhere([2, 3])], { order: 3 }));

  test("complement", () => checkGrads(complement, [anywhere([2, 3])], { order: 2 }));

  test.for([0, 1, -1])("logSoftmax along axis %i", (axis) => {
    checkGrads((x) => logSoftmax(x, axis), [distinct([3, 4])], { order: 3 });
  });

  test("softmax", () => checkGrads((x) => softmax(x, 1), [distinct([2, 4])], { order: 3 }));

  test("binaryCrossEntropy, in targets too", () => {
    checkGrads(binaryCrossEntropy, [anywhere([2, 5]), positive([2, 5])], { order: 3 });
  });

  test("globalAveragePool", () => {
    checkGrads(globalAveragePool, [anywhere([2, 3, 2, 4])], { order: 2 });
  });

  test.for([
    ["larger", [5, 7]],
    ["smaller", [2, 3]],
    ["larger and smaller", [7, 2]],
    ["one axis kept", [4, 9]],
  ] as const)("resizeBilinear: %s", ([, size]) => {
    checkGrads((x) => resizeBilinear(x, size), [anywhere([2, 1, 4, 5])], { order: 2 });
  });
});

test("the gradient of a Grad-CAM matches finite differences", () => {
  // Sigmoids and an unclipped map keep this smooth; the real thing adds a ReLU here and there.
  const attention = (x: Node, w: Node, head: Node): Node => {
    const features = sigmoid(conv(x, w, { padding: 1 }));
    const score = sum(matmul(globalAveragePool(features), head));
    const [slope] = grad(score, [features]);
    const weights = mean(slope, [2, 3], { keepDims: true });
    return sigmoid(sum(mul(broadcastTo(weights, features.shape), features), 1));
  };
  checkGrads(attention, [anywhere([2, 2, 4, 4]), anywhere([3, 2, 3, 3]), anywhere([3, 1])], {
    order: 3,
  });
});

test("the norm of a gradient, as in a gradient penalty, matches finite differences", () => {
  const penalty = (x: Node, w: Node): Node => {
    const y = relu(maxPool(conv(x, w), { kernel: 2, stride: 2 }));
    const [slope] = grad(sum(mul(square(y), y)), [x]);
    return sum(square(slope));
  };
  checkGrads(penalty, [distinct([1, 1, 5, 5]), awayFromZero([2, 1, 2, 2])], { order: 2 });
});
