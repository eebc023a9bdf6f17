import { describe, expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import {
  add,
  constant,
  conv,
  div,
  exp,
  input,
  maxPool,
  mul,
  type Node,
  neg,
  reshape,
  stopGradient,
  sum,
} from "../graph/index.ts";
import { runOnce } from "../runtime/index.ts";
import { LoweringError, lower } from "./lower.ts";

const x = input("x", [2, 3]);

/** The operators of the file that computes `outputs`, in order. */
const operatorsOf = (outputs: Readonly<Record<string, Node>>): string[] =>
  lower(outputs).graph.nodes.map(({ op }) => op);

describe("the file holds no more than it needs", () => {
  test("repeated subexpressions reach it once", () => {
    const build = (): Node => sum(mul(exp(x), exp(x)), 0, { keepDims: true });
    expect(operatorsOf({ twice: add(build(), build()) })).toEqual([
      ...["Exp", "Mul", "ReduceSum", "Add"],
    ]);
    expect(operatorsOf({ a: exp(neg(x)), b: div(x, exp(neg(x))) })).toEqual(["Neg", "Exp", "Div"]);
  });

  test("dead nodes do not reach it, nor do their inputs and constants", () => {
    const dead = mul(input("dead", [2, 3]), 7);
    const { graph } = lower({ y: add(exp(x), mul(dead, 0)) });
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Exp"]);
    expect(graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(graph.initializers).toEqual([]);
  });

  test("results that nobody reads are left out of an operator with several", () => {
    const images = input("images", [1, 1, 4, 4]);
    const { nodes } = lower({ y: maxPool(images, { kernel: 2, stride: 2 }) }).graph;
    expect(nodes.map(({ op, outputs }) => [op, outputs])).toEqual([["MaxPool", ["y"]]]);
  });

  test("a pool and its derivative share one operator", () => {
    const images = input("images", [1, 1, 4, 4]);
    const y = maxPool(images, { kernel: 2, stride: 2 });
    const [slope] = grad(sum(mul(y, y)), [images]);
    expect(operatorsOf({ y, slope }).filter((op) => op === "MaxPool")).toHaveLength(1);
  });

  test("stopped gradients cost nothing", () => {
    expect(operatorsOf({ y: neg(stopGradient(exp(x))) })).toEqual(["Exp", "Neg"]);
  });
});

describe("outputs", () => {
  test("that are also used inside are not copied", () => {
    const inner = exp(x);
    const { graph } = lower({ inner, outer: neg(inner) });
    expect(graph.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ["Exp", ["x"], ["inner"]],
      ["Neg", ["inner"], ["outer"]],
    ]);
    expect(graph.outputs).toEqual([
      { name: "inner", type: "float32", shape: [2, 3] },
      { name: "outer", type: "float32", shape: [2, 3] },
    ]);
  });

  test("that are inputs or constants are copied", async () => {
    const outputs = { same: x, one: constant(1) };
    expect(operatorsOf(outputs)).toEqual(["Identity", "Identity"]);
    const results = await runOnce(outputs, { x: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(results.get("same")?.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(results.get("one")).toEqual({ shape: [], data: Float32Array.of(1) });
  });

  test("of one value under two names are computed once and copied once", () => {
    expect(operatorsOf({ a: exp(x), b: exp(x) })).toEqual(["Exp", "Identity"]);
  });

  test("must be there", () => {
    expect(() => lower({})).toThrow(
      new LoweringError("lower: needs at least one output; got none."),
    );
  });
});

describe("inputs", () => {
  test("of one name and different shapes are refused", () => {
    expect(() => lower({ y: add(x, input("x", [3])) })).toThrow(
      new LoweringError(
        'lower: input names must be distinct; "x" belongs to two inputs. Build it once and share the node.',
      ),
    );
  });

  test("of one name and one shape are one", () => {
    expect(lower({ y: mul(x, input("x", [2, 3])) }).graph.inputs).toEqual([
      { name: "x", type: "float32", shape: [2, 3] },
    ]);
  });
});

describe("constants", () => {
  test("that are equal are stored once", () => {
    const table = () => constant([1, 2, 3], [3]);
    const { graph } = lower({ y: mul(add(x, table()), table()) });
    expect(graph.initializers).toHaveLength(1);
  });

  test("too large to be named by their values are not taken for numbers", async () => {
    // The first tensor is the second constant of the file; the number 1 must not become it.
    const size = 5000;
    const filled = (value: number): Node => constant(new Float32Array(size).fill(value));
    const v = input("v", [size]);
    const y = add(add(add(mul(v, 2), filled(10)), 1), filled(30));
    const results = await runOnce({ y }, { v: new Float32Array(size).fill(0.5) });
    expect(new Set(results.get("y")?.data)).toEqual(new Set([42]));
  });
});

describe("a bias", () => {
  const images = input("images", [2, 3, 5, 5]);
  const filters = input("filters", [4, 3, 3, 3]);
  const bias = input("bias", [4]);
  const feature = conv(images, filters);
  const biased = add(feature, reshape(bias, [1, 4, 1, 1]));

  test("that is added to a convolution goes into it", () => {
    const { nodes } = lower({ y: biased }).graph;
    expect(nodes.map(({ op }) => op)).toEqual(["Reshape", "Reshape", "Conv"]);
    expect(nodes.at(-1)?.inputs).toHaveLength(3);
  });

  test("stays outside where the convolution is wanted without it too", () => {
    const operators = operatorsOf({ y: mul(biased, feature) });
    expect(operators.filter((op) => op === "Conv")).toHaveLength(1);
    expect(operators).toContain("Add");
  });

  test("that is not one number for each channel stays outside", () => {
    for (const shape of [[1, 1, 1, 1], [2, 4, 1, 1], [1, 4, 3, 1], [3]]) {
      expect(operatorsOf({ y: add(feature, input("other", shape)) })).toEqual(["Conv", "Add"]);
    }
  });
});

test("metadata and the versions are in the file", () => {
  const model = lower({ y: exp(x) }, { metadata: { classes: "cat,dog" } });
  expect(model).toMatchObject({
    opset: 18,
    irVersion: 8,
    producer: "guided-attention",
    metadata: { classes: "cat,dog" },
  });
});
