/** A tour of the engine: one capability per test, in the order in which they build on each other. */
import { expect, test } from "vitest";
import { grad } from "../src/autodiff/index.ts";
import {
  add,
  conv,
  exp,
  globalAveragePool,
  input,
  interpret,
  logSoftmax,
  matmul,
  mean,
  mul,
  print,
  relu,
  simplify,
  square,
  sub,
  sum,
} from "../src/graph/index.ts";
import { decodeOnnx, encodeOnnx, lower } from "../src/onnx/index.ts";
import { Executor, runOnce } from "../src/runtime/index.ts";

test("a graph knows its shapes before it has values", () => {
  const images = input("images", [2, 3, 16, 16]);
  const filters = input("filters", [8, 3, 3, 3]);
  expect(relu(conv(images, filters, { padding: 1, stride: 2 })).shape).toEqual([2, 8, 8, 8]);
});

test("shapes that do not fit are an error where the graph is built", () => {
  expect(() => matmul(input("a", [2, 3]), input("b", [4, 5]))).toThrow(
    "matmul: the last axis of a must match the last but one of b; got [2, 3] and [4, 5]. Transpose one of them.",
  );
});

test("the interpreter computes any node in float64", () => {
  const x = input("x", [2, 2]);
  expect(interpret([sum(x, 1), exp(x)], { x: [0, 1, 2, 3] })).toEqual([
    Float64Array.of(1, 5),
    Float64Array.of(0, 1, 2, 3).map(Math.exp),
  ]);
});

test("operands broadcast", () => {
  const [column, row] = [input("column", [2, 1]), input("row", [3])];
  const [table] = interpret([mul(column, row)], { column: [1, 10], row: [1, 2, 3] });
  expect(table).toEqual(Float64Array.of(1, 2, 3, 10, 20, 30));
});

test("a graph prints", () => {
  const x = input("x", [2, 3]);
  expect(print([sum(relu(mul(x, 2)), 1)])).toMatchInlineSnapshot(`
    "input x : [2, 3]
    %1 = constant 2 : []
    %2 = mul(x, %1) : [2, 3]
    %3 = relu(%2) : [2, 3]
    %4 = sum(%3) {axes: 1} : [2, 1]
    %5 = reshape(%4) : [2]
    return %5"
  `);
});

test("a gradient is a graph", () => {
  const x = input("x", [3]);
  const [slope] = grad(sum(square(x)), [x]);
  expect(interpret([slope], { x: [1, 2, 3] })).toEqual([Float64Array.of(2, 4, 6)]);
});

test("so it has gradients of its own", () => {
  const x = input("x", []);
  const cube = mul(square(x), x);
  const [first] = grad(cube, [x]);
  const [second] = grad(first, [x]);
  const [third] = grad(second, [x]);
  expect(interpret([first, second, third], { x: [2] }).flatMap((y) => [...y])).toEqual([12, 12, 6]);
});

test("simplify says the same with fewer nodes", () => {
  const x = input("x", [3]);
  const [slope] = grad(sum(square(x)), [x]);
  expect(print(simplify([slope]))).toMatchInlineSnapshot(`
    "input x : [3]
    %1 = add(x, x) : [3]
    return %1"
  `);
});

test("a graph becomes an ONNX file and is read back", () => {
  const x = input("x", [2, 3]);
  const { graph } = decodeOnnx(encodeOnnx(lower({ y: relu(x) })));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Relu"]);
  expect(graph.inputs).toEqual([{ name: "x", type: "float32", shape: [2, 3] }]);
});

test("ONNX Runtime computes it in float32", async () => {
  const x = input("x", [1, 3]);
  const results = await runOnce({ y: logSoftmax(x, -1) }, { x: Float32Array.of(0, 0, 0) });
  expect(results.get("y")?.data[0]).toBeCloseTo(-Math.log(3), 6);
});

test("attention: the gradient of a score in the features, and the gradient of that", async () => {
  const images = input("images", [1, 1, 3, 3]);
  const filters = input("filters", [2, 1, 2, 2]);
  const features = relu(conv(images, filters));
  const score = sum(square(globalAveragePool(features)));
  const [slope] = grad(score, [features]);
  const attention = relu(sum(mul(mean(slope, [2, 3], { keepDims: true }), features), 1));
  const [direction] = grad(mean(attention), [filters]);

  const feeds = {
    images: Float32Array.of(1, 0, 2, 0, 3, 0, 1, 0, 1),
    filters: Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0),
  };
  const [expected] = interpret([direction], feeds);
  const results = await runOnce({ direction }, feeds);
  expect(results.get("direction")?.data).toEqual(Float32Array.from(expected));
});

test("an executor keeps parameters between runs, on a thread of its own: this learns y = 2x", async () => {
  const [x, y, weight] = [input("x", [4, 1]), input("y", [4, 1]), input("weight", [1, 1])];
  const loss = mean(square(sub(matmul(x, weight), y)));
  const [slope] = grad(loss, [weight]);
  const executor = await Executor.start({ device: "cpu", threads: 1 });
  const step = await executor.compile({
    outputs: { loss },
    updates: { weight: add(weight, mul(slope, -0.05)) },
  });

  await executor.setState([["weight", { shape: [1, 1], data: Float32Array.of(0) }]]);
  const batch = { x: Float32Array.of(1, 2, 3, 4), y: Float32Array.of(2, 4, 6, 8) };
  for (let i = 0; i < 20; i++) await step.run(batch);
  const learnt = (await executor.getState(["weight"])).get("weight");
  await executor.close();
  expect(learnt?.data[0]).toBeCloseTo(2, 5);
});
