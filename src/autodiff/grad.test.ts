import { describe, expect, test } from "vitest";
import { add, exp, input, interpret, mul, relu, stopGradient, sum } from "../graph/index.ts";
import { ShapeError } from "../shape.ts";
import { grad } from "./grad.ts";

const x = input("x", [3]);
const y = input("y", [3]);
const feeds = { x: [1, 2, 3], y: [4, 5, 6], g: [1, 10, 100] };

const valuesOf = (nodes: ReturnType<typeof grad>): number[][] =>
  interpret(nodes, feeds).map((values) => Array.from(values));

describe("what grad refuses", () => {
  test("a tensor of several elements without a cotangent", () => {
    expect(() => grad(mul(x, y), [x])).toThrow(
      new ShapeError(
        "grad: output must have one element when no cotangent is given; got shape [3]. Sum it, or pass a cotangent.",
      ),
    );
  });

  test("a cotangent of another shape, even one that would broadcast", () => {
    const rule = "grad: cotangent must have the output's shape [3]; got";
    expect(() => grad(x, [x], input("g", [1]))).toThrow(new ShapeError(`${rule} [1].`));
    expect(() => grad(x, [x], input("g", [1, 3]))).toThrow(new ShapeError(`${rule} [1, 3].`));
    expect(() => grad(sum(x), [x], input("g", [1]))).toThrow(
      new ShapeError("grad: cotangent must have the output's shape []; got [1]."),
    );
  });
});

describe("the gradient", () => {
  test("of one element needs no cotangent, whatever its rank", () => {
    expect(valuesOf(grad(sum(mul(x, y), 0, { keepDims: true }), [x]))).toEqual([feeds.y]);
  });

  test("with a cotangent is that of the inner product", () => {
    expect(valuesOf(grad(mul(x, y), [x, y], input("g", [3])))).toEqual([
      [4, 50, 600],
      [1, 20, 300],
    ]);
  });

  test("of a node in itself is the cotangent", () => {
    expect(valuesOf(grad(x, [x], input("g", [3])))).toEqual([feeds.g]);
    expect(valuesOf(grad(sum(x), [sum(x)]))).toEqual([[0]]);
    const total = sum(x);
    expect(valuesOf(grad(total, [total]))).toEqual([[1]]);
  });

  test("in an inner node treats it as if it were fed", () => {
    const inner = mul(x, y);
    const outer = sum(mul(inner, inner));
    expect(valuesOf(grad(outer, [inner, x]))).toEqual([
      [8, 20, 36],
      [32, 100, 216],
    ]);
  });

  test("in a node and in one that stems from it are both whole", () => {
    const inner = mul(x, x);
    const [byInner, byX] = valuesOf(grad(sum(add(inner, x)), [inner, x]));
    expect(byInner).toEqual([1, 1, 1]);
    expect(byX).toEqual([3, 5, 7]);
  });

  test("of a node that is used twice is the sum over its uses", () => {
    const shared = exp(x);
    const [gradient] = valuesOf(grad(sum(add(mul(shared, y), shared)), [x]));
    expect(gradient).toEqual(feeds.x.map((v, i) => expect.closeTo(Math.exp(v) * (feeds.y[i] + 1))));
    expect(valuesOf(grad(sum(mul(x, x)), [x]))).toEqual([[2, 4, 6]]);
  });

  test("in what the output does not depend on is zeros of its shape", () => {
    const apart = input("apart", [2, 2]);
    const gradients = grad(sum(x), [apart, y, exp(x)]);
    expect(gradients.map(({ shape }) => shape)).toEqual([[2, 2], [3], [3]]);
    expect(valuesOf(gradients)).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("does not pass a stopped node, but goes around it", () => {
    expect(valuesOf(grad(sum(stopGradient(mul(x, y))), [x]))).toEqual([[0, 0, 0]]);
    expect(valuesOf(grad(sum(mul(x, stopGradient(x))), [x]))).toEqual([feeds.x]);
  });

  test("in the same node twice is given twice", () => {
    const [first, second] = valuesOf(grad(sum(mul(x, y)), [x, x]));
    expect(first).toEqual(second);
  });

  test("of nothing is nothing", () => {
    expect(grad(sum(x), [])).toEqual([]);
  });

  test("of a gradient is the second derivative", () => {
    const [slope] = grad(sum(mul(mul(x, x), x)), [x]);
    expect(valuesOf(grad(sum(slope), [x]))).toEqual([[6, 12, 18]]);
    const [flat] = grad(sum(relu(x)), [x]);
    expect(valuesOf(grad(sum(flat), [x]))).toEqual([[0, 0, 0]]);
  });
});
