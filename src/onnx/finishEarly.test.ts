import { expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import {
  add,
  batchNorm,
  constant,
  conv,
  input,
  interpret,
  mul,
  type Node,
  neg,
  relu,
  simplify,
  sum,
  topologicalOrder,
} from "../graph/index.ts";
import { Random } from "../random.ts";
import { finishEarly } from "./finishEarly.ts";

const x = input("x", [1, 2, 4, 4]);
const w = input("w", [3, 2, 3, 3]);
const scale = input("scale", [3]);

const plain = (image: Node): Node => conv(image, w, { padding: 1 });

/** Its filter is multiplied by a factor for each channel. */
const normalized = (image: Node): Node => {
  const [mean, variance] = [constant([0.1, 0.2, 0.3]), constant([1, 2, 3])];
  return batchNorm(plain(image), { scale, bias: mean, mean, variance });
};

/** Two passes through one filter, the second on images that the first has masked. */
function gradients(layer: (image: Node) => Node): Node[] {
  const see = (image: Node): Node => relu(layer(image));
  const mask = sum(see(x), 1, { keepDims: true });
  const seenAgain = see(mul(x, neg(mask)));
  return simplify(grad(add(sum(mul(seenAgain, seenAgain)), sum(mask)), [w, scale]));
}

const feeds = (() => {
  const random = new Random(2);
  const values = (length: number) => Float64Array.from({ length }, () => random.normal());
  return { x: values(32), w: values(54), scale: values(3) };
})();

/** Whether `node` needs `operand`. */
const needs = (node: Node, operand: Node): boolean => topologicalOrder([node]).includes(operand);

const layers = [
  ["a convolution", plain],
  ["a convolution and its batch normalisation", normalized],
] as const;

test.each(layers)("behind %s values stay what they are", (_, layer) => {
  const roots = gradients(layer);
  expect(interpret(finishEarly(roots), feeds)).toEqual(interpret(roots, feeds));
});

test.each(layers)("the second backward pass waits for the first one's through %s", (_, layer) => {
  const termsOf = (roots: readonly Node[]): Node[] =>
    topologicalOrder(roots).filter(({ op }) => op === "convFilterGrad");
  const waits = (roots: readonly Node[]): boolean => {
    const [a, b] = termsOf(roots);
    return needs(a, b) || needs(b, a);
  };
  const roots = gradients(layer);
  expect(termsOf(roots)).toHaveLength(2);
  expect(waits(roots)).toBe(false);
  expect(waits(finishEarly(roots))).toBe(true);
});

test("a graph with one pass stays as it is", () => {
  const roots = grad(sum(conv(x, w)), [w]);
  expect(finishEarly(roots)).toEqual(roots);
});
