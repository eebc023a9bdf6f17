import { expect, test } from "vitest";
import { add, input, mul, type Node, neg, topologicalOrder, withInputs } from "./index.ts";

test("every node comes once, after its inputs", () => {
  const x = input("x", []);
  const y = neg(x);
  const z = mul(add(x, y), y);
  const order = topologicalOrder([z, y]);
  expect(order).toHaveLength(4);
  expect(new Set(order).size).toBe(4);
  for (const node of order) {
    for (const operand of node.inputs) {
      expect(order.indexOf(operand)).toBeLessThan(order.indexOf(node));
    }
  }
});

test("a node that nothing needs is left out", () => {
  const x = input("x", []);
  neg(x);
  expect(topologicalOrder([x])).toEqual([x]);
});

test("graphs as deep as a long unrolled loop do not exhaust the stack", () => {
  let node: Node = input("x", []);
  for (let i = 0; i < 100_000; i++) node = neg(node);
  expect(topologicalOrder([node])).toHaveLength(100_001);
});

test("a node applied to its own operands is itself, and to others a new one of its kind", () => {
  const [x, y] = [input("x", [2]), input("y", [2])];
  const node = add(x, y);
  expect(withInputs(node, [x, y])).toBe(node);
  const swapped = withInputs(node, [y, x]);
  expect(swapped).not.toBe(node);
  expect(swapped).toEqual(add(y, x));
});
