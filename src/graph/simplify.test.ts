import { describe, expect, test } from "vitest";
import {
  add,
  broadcastTo,
  constant,
  div,
  exp,
  gate,
  input,
  mul,
  type Node,
  neg,
  print,
  relu,
  reshape,
  simplify,
  sub,
  sum,
  topologicalOrder,
  transpose,
} from "./index.ts";

const x = input("x", [2, 3]);
const y = input("y", [3]);
const only = (node: Node): Node => simplify([node])[0];

describe("what says the same becomes one node", () => {
  test("whether it was built once or twice", () => {
    const [a, b] = simplify([exp(add(x, y)), exp(add(x, y))]);
    expect(a).toBe(b);
  });

  test("with constants compared by value", () => {
    const [a, b] = simplify([mul(x, constant([1, 2, 3])), mul(x, constant([1, 2, 3]))]);
    expect(a).toBe(b);
  });

  test("but not with other attributes, operands or shapes", () => {
    const nodes = [sum(x, 0), sum(x, 1), add(x, y), sub(x, y), sub(y, x)];
    expect(new Set(simplify(nodes)).size).toBe(nodes.length);
  });
});

describe("what does nothing disappears", () => {
  test.for<[string, Node]>([
    ["x + 0", add(x, 0)],
    ["0 + x", add(0, x)],
    ["x − 0", sub(x, 0)],
    ["x · 1", mul(x, 1)],
    ["1 · x", mul(1, x)],
    ["x · ones of its shape", mul(x, broadcastTo(constant(1), [2, 3]))],
    ["x / 1", div(x, 1)],
    ["−(−x)", neg(neg(x))],
    ["reshape there and back", reshape(reshape(x, [6]), [2, 3])],
    ["transpose there and back", transpose(transpose(x, [1, 0]), [1, 0])],
  ])("%s is x", ([, node]) => {
    expect(only(node)).toBe(x);
  });
});

describe("what is zero is a constant", () => {
  test.for<[string, Node]>([
    ["x · 0", mul(x, 0)],
    ["0 / x", div(0, x)],
    ["a gate over zeros", gate(broadcastTo(constant(0), [2, 3]), x)],
  ])("%s", ([, node]) => {
    expect(print([only(node)])).toBe(print([broadcastTo(constant(0), [2, 3])]));
  });
});

test("an operand that disappears is still stretched to the result's shape", () => {
  expect(print([only(add(y, broadcastTo(constant(0), [2, 3])))])).toMatchInlineSnapshot(`
    "input y : [3]
    %1 = broadcastTo(y) : [2, 3]
    return %1"
  `);
});

test("constant factors are multiplied, divisors become factors", () => {
  expect(print([only(div(mul(2, mul(x, 3)), 4))])).toMatchInlineSnapshot(`
    "input x : [2, 3]
    %1 = constant 1.5 : []
    %2 = mul(x, %1) : [2, 3]
    return %2"
  `);
});

test("a sum over stretched axes becomes a product", () => {
  expect(print([only(sum(broadcastTo(y, [5, 3])))])).toMatchInlineSnapshot(`
    "input y : [3]
    %1 = reshape(y) : [1, 3]
    %2 = sum(%1) {axes: 1} : [1, 1]
    %3 = constant 5 : []
    %4 = mul(%2, %3) : [1, 1]
    %5 = reshape(%4) : []
    return %5"
  `);
});

test("arithmetic comes before stretching", () => {
  expect(print([only(add(x, broadcastTo(y, [2, 3])))])).toMatchInlineSnapshot(`
    "input x : [2, 3]
    input y : [3]
    %1 = add(x, y) : [2, 3]
    return %1"
  `);
});

test("nodes that nothing needs are not there", () => {
  relu(x);
  expect(topologicalOrder(simplify([mul(relu(y), 0)])).map(({ op }) => op)).toEqual([
    "constant",
    "broadcastTo",
  ]);
});
