import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff/index.ts";
import { input, interpret, type Node } from "../../src/graph/index.ts";
import { Random } from "../../src/random.ts";
import { runOnce } from "../../src/runtime/index.ts";
import { type Case, primitiveCases } from "./cases.ts";
import { compositeCases } from "./composites.ts";
import { anywhere } from "./draw.ts";

/**
 * Of the largest magnitude of a tensor. float32 holds 6e-8 of a number; sums of dozens to thousands
 * of products lose up to a few of its bits, and exp and log of the runtime another.
 */
const TOLERANCE = 1e-5;

describe("float32 on ONNX Runtime equals the float64 interpreter, gradients included", () => {
  const groups = { ...primitiveCases, "composite operations": compositeCases };

  test.for(Object.entries(groups))("%s", async ([, cases]) => {
    const wanted: Record<string, Node> = {};
    const feeds: Record<string, Float32Array> = {};
    for (const [k, entry] of cases.entries()) addCase(entry, k, wanted, feeds);

    await expectSameValues(wanted, feeds);
  });
});

/** One session runs all cases of a primitive: starting sessions is what takes time. */
function addCase(
  { name, draws, build }: Case,
  index: number,
  wanted: Record<string, Node>,
  feeds: Record<string, Float32Array>,
): void {
  const random = new Random(index);
  const fed = (label: string, draw: Case["draws"][number]): Node => {
    const { shape, data } = draw(random);
    feeds[`${label}${index}`] = Float32Array.from(data);
    return input(`${label}${index}`, shape);
  };
  const inputs = draws.map((draw, k) => fed(`x${k}_`, draw));
  const output = build(...inputs);
  const gradients = grad(output, inputs, fed("cotangent", anywhere(output.shape)));
  wanted[name] = output;
  gradients.forEach((gradient, k) => {
    wanted[`${name}: gradient of operand ${k}`] = gradient;
  });
}

async function expectSameValues(
  wanted: Readonly<Record<string, Node>>,
  feeds: Readonly<Record<string, Float32Array>>,
): Promise<void> {
  const nodes = Object.values(wanted);
  const names = Object.keys(wanted);
  const expected = interpret(nodes, feeds);
  const results = await runOnce(wanted, feeds);

  names.forEach((name, i) => {
    const { shape, data } = results.get(name) ?? { shape: undefined, data: [] };
    expect(shape, name).toEqual(nodes[i].shape);
    const magnitude = expected[i].reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const error = expected[i].reduce(
      (max, value, place) => Math.max(max, Math.abs(value - data[place])),
      0,
    );
    expect(error, name).toBeLessThanOrEqual(TOLERANCE * magnitude);
  });
}
