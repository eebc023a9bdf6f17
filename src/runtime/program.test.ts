import { expect, test } from "vitest";
import { add, conv, input, mul, type Node } from "../graph/index.ts";
import { decodeOnnx } from "../onnx/index.ts";
import { portableModel, programSource } from "./program.ts";

const x = input("x", [2]);
const state = input("state", [2]);

test("updates are outputs of their own, which callers do not get", () => {
  const source = programSource({
    outputs: { y: mul(x, state) },
    updates: { state: add(state, x) },
  });
  expect(source.outputs).toEqual(["y"]);
  expect(source.updates).toEqual([{ state: "state", output: "next state" }]);
  expect(source.inputs).toEqual([
    { name: "x", shape: [2] },
    { name: "state", shape: [2] },
  ]);
  const { graph } = decodeOnnx(source.model);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["y", "next state"]);
});

test("inputs that nothing needs do not reach the model", () => {
  const { inputs } = programSource({ outputs: { y: add(x, 1) } });
  expect(inputs.map(({ name }) => name)).toEqual(["x"]);
});

test("two inputs of one name are refused", () => {
  const other: Node = input("x", [2]);
  expect(() => programSource({ outputs: { y: add(x, other) } })).not.toThrow();
  expect(() => programSource({ outputs: { y: add(x, input("x", [1])) } })).toThrow(
    'lower: input names must be distinct; "x" belongs to two inputs. Build it once and share the node.',
  );
});

test("a model for others has ONNX's own convolutions", () => {
  const filters = input("filters", [64, 64, 3, 3]);
  const y = conv(input("images", [1, 64, 8, 8]), filters, { padding: 1 });
  const operators = portableModel({ outputs: { y } }).graph.nodes.map(({ op }) => op);
  expect(operators).toEqual(["Conv"]);
});
