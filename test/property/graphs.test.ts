import fc from "fast-check";
import { expect, test } from "vitest";
import { interpret, type Node, print, simplify, topologicalOrder } from "../../src/graph/index.ts";
import { runOnce } from "../../src/runtime/index.ts";
import { feeds, graph } from "./graphs.ts";
import { settings } from "./settings.ts";

/** Values without the sign of zero, which rewriting does not keep. */
const valuesOf = (nodes: readonly Node[]): number[][] =>
  interpret(nodes, feeds).map((values) => Array.from(values, (value) => value + 0));

const manyRuns = { ...settings, numRuns: 300 };

test("simplify keeps shapes and values", () => {
  fc.assert(
    fc.property(graph, (outputs) => {
      const simpler = simplify(outputs);
      expect(simpler.map(({ shape }) => shape)).toEqual(outputs.map(({ shape }) => shape));
      expect(valuesOf(simpler)).toEqual(valuesOf(outputs));
    }),
    manyRuns,
  );
});

test("simplify leaves no two nodes that say the same", () => {
  fc.assert(
    fc.property(graph, (outputs) => {
      const order = topologicalOrder(simplify(outputs));
      const numbers = new Map(order.map((node, i) => [node, i]));
      const descriptions = order.map((node) =>
        JSON.stringify([
          node.op,
          node.inputs.map((operand) => numbers.get(operand)),
          node.op === "constant" ? [...node.attributes.data] : node.attributes,
          node.shape,
        ]),
      );
      expect(new Set(descriptions).size).toBe(order.length);
    }),
    manyRuns,
  );
});

test("simplify has nothing left to do the second time", () => {
  fc.assert(
    fc.property(graph, (outputs) => {
      const once = simplify(outputs);
      expect(print(simplify(once))).toBe(print(once));
    }),
    manyRuns,
  );
});

test("ONNX Runtime computes what the interpreter does", async () => {
  await fc.assert(
    fc.asyncProperty(graph, async (outputs) => {
      const wanted = Object.fromEntries(outputs.map((node, i) => [`output ${i}`, node]));
      const results = await runOnce(wanted, feeds);
      const values = Object.keys(wanted).map((name) =>
        Array.from(results.get(name)?.data ?? [], (value) => value + 0),
      );
      expect(values).toEqual(valuesOf(outputs));
    }),
    settings,
  );
});
