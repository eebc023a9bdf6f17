import { expect, test } from "vitest";
import { grad } from "../../src/autodiff/index.ts";
import {
  add,
  conv,
  globalAveragePool,
  input,
  maxPool,
  print,
  relu,
  simplify,
  sum,
} from "../../src/graph/index.ts";

test("the gradient of a layer with bias, ReLU, pool and head reads like its derivation", () => {
  const x = input("x", [2, 3, 8, 8]);
  const w = input("w", [4, 3, 3, 3]);
  const bias = input("bias", [1, 4, 1, 1]);
  const features = relu(add(conv(x, w, { padding: 1 }), bias));
  const score = sum(globalAveragePool(maxPool(features, { kernel: 2, stride: 2 })));
  expect(print(simplify(grad(score, [w, bias])))).toMatchInlineSnapshot(`
    "input x : [2, 3, 8, 8]
    %1 = constant 0.0625 : []
    %2 = broadcastTo(%1) : [2, 4, 4, 4]
    input w : [4, 3, 3, 3]
    %3 = conv(x, w) {strides: 1x1, pads: 1,1,1,1, dilations: 1x1, groups: 1} : [2, 4, 8, 8]
    input bias : [1, 4, 1, 1]
    %4 = add(%3, bias) : [2, 4, 8, 8]
    %5 = relu(%4) : [2, 4, 8, 8]
    %6 = maxPool(%5) {kernel: 2x2, strides: 2x2, pads: 0,0,0,0} : [2, 4, 4, 4]
    %7 = gate(%2, %6) : [2, 4, 4, 4]
    %8 = maxPoolScatter(%7, %5) {kernel: 2x2, strides: 2x2, pads: 0,0,0,0} : [2, 4, 8, 8]
    %9 = convFilterGrad(x, %8) {strides: 1x1, pads: 1,1,1,1, dilations: 1x1, groups: 1} : [4, 3, 3, 3]
    %10 = sum(%8) {axes: 0,2,3} : [1, 4, 1, 1]
    return %9, %10"
  `);
});

test("the second derivative of a convolution is made of convolutions", () => {
  const x = input("x", [1, 2, 6, 6]);
  const w = input("w", [3, 2, 3, 3]);
  const direction = input("direction", [1, 2, 6, 6]);
  const y = conv(x, w, { stride: 2 });
  const [slope] = grad(sum(y), [x]);
  expect(print(simplify(grad(slope, [w], direction)))).toMatchInlineSnapshot(`
    "input direction : [1, 2, 6, 6]
    %1 = constant 1 : []
    %2 = broadcastTo(%1) : [1, 3, 2, 2]
    %3 = convFilterGrad(direction, %2) {strides: 2x2, pads: 0,0,0,0, dilations: 1x1, groups: 1} : [3, 2, 3, 3]
    return %3"
  `);
});
