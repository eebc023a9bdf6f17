import { expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import {
  add,
  conv,
  input,
  interpret,
  mul,
  type Node,
  neg,
  relu,
  sum,
  topologicalOrder,
} from "../graph/index.ts";
import { Random } from "../random.ts";
import { finishEarly } from "./finishEarly.ts";

const x = input("x", [1, 2, 4, 4]);
const w = input("w", [3, 2, 3, 3]);

/** Two passes through one filter, the second on images that the first has masked. */
function gradients(): Node[] {
  const see = (image: Node): Node => relu(conv(image, w, { padding: 1 }));
  const mask = sum(see(x), 1, { keepDims: true });
  const seenAgain = see(mul(x, neg(mask)));
  return grad(add(sum(mul(seenAgain, seenAgain)), sum(mask)), [w]);
}

const feeds = (() => {
  const random = new Random(2);
  const values = (length: number) => Float64Array.from({ length }, () => random.normal());
  return { x: values(32), w: values(54) };
})();

/** Whether `node` needs `operand`. */
const needs = (node: Node, operand: Node): boolean => topologicalOrder([node]).includes(operand);

test("values stay what they are", () => {
  const roots = gradients();
  expect(interpret(finishEarly(roots), feeds)).toEqual(interpret(roots, feeds));
});

test("the second backward pass waits for the first one's filter gradient", () => {
  const termsOf = (roots: readonly Node[]): Node[] =>
    topologicalOrder(roots).filter(({ op }) => op === "convFilterGrad");
  const waits = (roots: readonly Node[]): boolean => {
    const [a, b] = termsOf(roots);
    return needs(a, b) || needs(b, a);
  };
  const roots = gradients();
  expect(termsOf(roots)).toHaveLength(2);
  expect(waits(roots)).toBe(false);
  expect(waits(finishEarly(roots))).toBe(true);
});

test("a graph with one pass stays as it is", () => {
  const roots = grad(sum(conv(x, w)), [w]);
  expect(finishEarly(roots)).toEqual(roots);
});
