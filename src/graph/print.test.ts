import { expect, test } from "vitest";
import { add, constant, conv, input, maxPool, mul, print, relu, sum, transpose } from "./index.ts";

test("shows a line for each node in the order of computation, and what is returned", () => {
  const x = input("x", [2, 3, 16, 16]);
  const w = input("w", [8, 3, 3, 3]);
  const y = relu(conv(x, w, { padding: 1, stride: 2 }));
  expect(
    print([sum(maxPool(y, { kernel: 2, stride: 2 }), [2, 3], { keepDims: true }), y]),
  ).toMatchInlineSnapshot(`
    "input x : [2, 3, 16, 16]
    input w : [8, 3, 3, 3]
    %1 = conv(x, w) {strides: 2x2, pads: 1,1,1,1, dilations: 1x1, groups: 1} : [2, 8, 8, 8]
    %2 = relu(%1) : [2, 8, 8, 8]
    %3 = maxPool(%2) {kernel: 2x2, strides: 2x2, pads: 0,0,0,0} : [2, 8, 4, 4]
    %4 = sum(%3) {axes: 2,3} : [2, 8, 1, 1]
    return %4, %2"
  `);
});

test("shows few values and counts many", () => {
  const x = input("x", [2, 3]);
  const small = mul(x, 1 / 3);
  const large = constant(new Float32Array([1, 2, -3, 0.1, 5, 6]), [3, 2]);
  expect(print([add(small, transpose(large, [1, 0]))])).toMatchInlineSnapshot(`
    "input x : [2, 3]
    %1 = constant 0.333333 : []
    %2 = mul(x, %1) : [2, 3]
    %3 = constant (6 values from -3 to 6) : [3, 2]
    %4 = transpose(%3) {permutation: 1,0} : [2, 3]
    %5 = add(%2, %4) : [2, 3]
    return %5"
  `);
});

test("names a node that is used twice once", () => {
  const x = input("x", []);
  const square = mul(x, x);
  expect(print([mul(square, square)])).toMatchInlineSnapshot(`
    "input x : []
    %1 = mul(x, x) : []
    %2 = mul(%1, %1) : []
    return %2"
  `);
});
