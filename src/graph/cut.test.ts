import { expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import { cut } from "./cut.ts";
import { add, exp, mul, sub } from "./elementwise.ts";
import { interpret } from "./interpret.ts";
import { matmul } from "./linear.ts";
import { topologicalOrder } from "./node.ts";
import { sum } from "./reduce.ts";
import { input } from "./source.ts";

const x = input("x", [2, 3]);
const w = input("w", [3, 2]);
const target = input("target", [2, 2]);
const scores = exp(matmul(x, w));
const difference = sub(scores, target);
const loss = sum(mul(difference, difference));
const [gradient] = grad(loss, [w]);

const feeds = {
  x: [0.1, -0.2, 0.3, 0.4, 0.5, -0.6],
  w: [1, -1, 0.5, 0.25, -0.75, 0.3],
  target: [1, 2, 3, 4],
};

test("the halves together compute what the whole does", () => {
  const { first, kept, second } = cut([scores], [loss, gradient], "kept");
  const names = [...kept.keys()];
  const [early, ...values] = interpret([...first, ...kept.values()], feeds);
  expect(early).toEqual(interpret([scores], feeds)[0]);
  const between = Object.fromEntries(names.map((name, i) => [name, values[i]]));
  expect(interpret(second, { ...feeds, ...between })).toEqual(interpret([loss, gradient], feeds));
});

test("the second half repeats nothing of the first, and keeps only what it needs", () => {
  const { first, kept, second } = cut([scores], [loss, gradient], "kept");
  const early = new Set(topologicalOrder(first));
  const repeated = topologicalOrder(second).filter(
    (node) => early.has(node) && node.op !== "input" && node.op !== "constant",
  );
  expect(repeated).toEqual([]);
  expect([...kept.values()]).toEqual(first);
  expect([...kept.keys()]).toEqual(["kept 0"]);
});

test("halves that share nothing are left as they are", () => {
  const { kept, second } = cut([scores], [add(target, 1)], "kept");
  expect(kept.size).toBe(0);
  expect(interpret(second, feeds)).toEqual([Float64Array.of(2, 3, 4, 5)]);
});

test("a value that is both first and second is handed over", () => {
  const { kept, second } = cut([scores], [scores], "kept");
  expect([...kept.keys()]).toEqual(["kept 0"]);
  expect(second[0].op).toBe("input");
});

test("inputs that are fed once are handed over where the second half needs them", () => {
  const { kept, second } = cut([scores], [gradient], "kept", (name) => name === "x");
  expect([...kept.values()].map(({ op }) => op).sort()).toEqual(["exp", "input"]);
  const inputs = topologicalOrder(second).flatMap((node) =>
    node.op === "input" ? [node.attributes.name] : [],
  );
  expect(inputs.sort()).toEqual(["kept 0", "kept 1", "target"]);
});
