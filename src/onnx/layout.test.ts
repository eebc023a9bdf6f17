import { describe, expect, test } from "vitest";
import { relativeError } from "../../test/relativeError.ts";
import { grad } from "../autodiff/index.ts";
import {
  add,
  concat,
  conv,
  input,
  interpret,
  maxPool,
  mul,
  type Node,
  pad,
  relu,
  slice,
  sum,
} from "../graph/index.ts";
import { Random } from "../random.ts";
import { runOnce } from "../runtime/index.ts";
import { sizeOf } from "../shape.ts";
import { lower } from "./lower.ts";

const channels = 64;
const x = input("x", [2, channels, 8, 8]);
const filters = [1, 2].map((i) => input(`w${i}`, [channels, channels, 3, 3]));
const bias = input("bias", [1, channels, 1, 1]);

const layer = (image: Node, filter: Node): Node =>
  relu(add(conv(image, filter, { padding: 1 }), bias));

const reorderings = (y: Node): number =>
  lower({ y }).graph.nodes.filter(({ op }) => op === "Einsum").length;

async function expectInterpreted(outputs: Readonly<Record<string, Node>>): Promise<void> {
  const random = new Random(3);
  const feeds = Object.fromEntries(
    [x, ...filters, bias].map(({ attributes, shape }) => {
      const scale = shape[2] === 3 ? 0.05 : 1;
      const values = Float32Array.from({ length: sizeOf(shape) }, () => random.normal(0, scale));
      return [attributes.name, values] as const;
    }),
  );
  const results = await runOnce(outputs, feeds);
  for (const [name, node] of Object.entries(outputs)) {
    const [expected] = interpret([node], feeds);
    const actual = results.get(name)?.data ?? new Float32Array();
    // Single values of the ReLU's derivative may fall to the other side; none does here.
    expect(relativeError(actual, expected), name).toBeLessThan(3e-6);
  }
}

describe("a value changes its layout only where its neighbours differ in theirs", () => {
  const chain = layer(layer(x, filters[0]), filters[1]);

  test("once at either end of a chain of Winograd's layers", () => {
    expect(reorderings(chain)).toBe(2);
  });

  test("not around what works in either layout", () => {
    const first = layer(x, filters[0]);
    const halves = [0, 32].map((from) => slice(first, [0, from, 0, 0], [2, 32, 8, 8]));
    const padded = pad(concat(halves, 1), [0, 0, 1, 1], [2, channels, 10, 10]);
    const second = layer(slice(padded, [0, 0, 1, 1], [2, channels, 8, 8]), filters[1]);
    expect(reorderings(maxPool(second, { kernel: 2, stride: 2 }))).toBe(2);
  });

  test("and means the same, derivatives included", async () => {
    const pooled = maxPool(chain, { kernel: 2, stride: 2 });
    const loss = sum(mul(pooled, pooled));
    const [dx, dw1, dw2, dBias] = grad(loss, [x, ...filters, bias]);
    await expectInterpreted({ pooled, dx, dw1, dw2, dBias });
  });
});

describe("a 2x2 pool on [H, W, N, C]", () => {
  const features = layer(x, filters[0]);
  const pooled = maxPool(features, { kernel: 2, stride: 2 });

  test("needs no indices", () => {
    const [slope] = grad(sum(mul(pooled, pooled)), [features]);
    const operators = lower({ pooled, slope }).graph.nodes.map(({ op }) => op);
    expect(operators).toContain("Max");
    expect(operators).not.toContain("MaxPool");
    expect(operators).not.toContain("ScatterElements");
  });

  test("gives a gradient to the first of equals in reading order", async () => {
    // Filters of zeros make all features of a channel equal.
    const [slope] = grad(sum(pooled), [features]);
    const zeros = new Float32Array(sizeOf(filters[0].shape));
    const feeds = {
      x: new Float32Array(sizeOf(x.shape)).fill(1),
      w1: zeros,
      bias: new Float32Array(channels).fill(1),
    };
    const { data } = (await runOnce({ slope, pooled }, feeds)).get("slope") ?? { data: [] };
    expect([...data.slice(0, 8)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    expect([...data.slice(8, 16)]).toEqual(Array(8).fill(0));
    expect([...data.slice(0, 64)]).toEqual([...interpret([slope], feeds)[0].slice(0, 64)]);
  });

  test("fetches what lies at its maxima, to second order", async () => {
    const loss = sum(mul(mul(pooled, pooled), pooled));
    const [slope] = grad(loss, [features]);
    const [curvature] = grad(sum(mul(slope, slope)), [filters[0]]);
    await expectInterpreted({ slope, curvature });
  });
});
