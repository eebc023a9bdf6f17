import { describe, expect, test } from "vitest";
import { convolutionOf, feedsOf } from "../../../test/convolutions.ts";
import { relativeError } from "../../../test/relativeError.ts";
import { add, type ConvOptions, input, interpret, type Node, slice } from "../../graph/index.ts";
import { runOnce } from "../../runtime/index.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { lower } from "../lower.ts";

const operatorsOf = (y: Node): string[] => lower({ y }).graph.nodes.map(({ op }) => op);

const countOf = (op: string, y: Node): number => operatorsOf(y).filter((o) => o === op).length;

async function run(y: Node, feeds: Record<string, Float32Array>): Promise<Float32Array> {
  return (await runOnce({ y }, feeds)).get("y")?.data ?? new Float32Array();
}

/** float32 holds 6e-8 of a number; sums of up to 33,000 products lose a few of its bits. */
const tolerance = 2e-6;

async function expectInterpreted(y: Node, feeds = feedsOf(y)): Promise<void> {
  const actual = await run(y, feeds);
  expect(actual).toHaveLength(sizeOf(y.shape));
  expect(relativeError(actual, interpret([y], feeds)[0])).toBeLessThan(tolerance);
}

describe("the filter gradient", () => {
  // Columns of one image, 9 · 4 bytes for each channel and pixel: 4.5 MiB and 36 MiB, far from
  // the limit on either side.
  const [below, above] = [8, 64].map(
    (channels) =>
      convolutionOf([2, channels, 128, 128], [2, channels, 3, 3], { padding: 1 }).filter,
  );

  test("is one product over all columns while they fit into the cache", async () => {
    expect(countOf("MatMul", below)).toBe(1);
    await expectInterpreted(below);
  });

  test("is a product for each place of the kernel when they do not", async () => {
    expect(countOf("MatMul", above)).toBe(9);
    await expectInterpreted(above);
  });

  test("is the same either way in the channels that both have", async () => {
    const all = feedsOf(above);
    const shared = slice(input("x", [2, 64, 128, 128]), [0, 0, 0, 0], [2, 8, 128, 128]);
    const feeds = { x: await run(shared, { x: all.x }), g: all.g };
    const wanted = slice(above, [0, 0, 0, 0], [2, 8, 3, 3]);
    expect(relativeError(await run(below, feeds), await run(wanted, all))).toBeLessThan(tolerance);
  });

  test("depends on the size of one image, not on the batch", () => {
    const [one, many] = [1, 64].map(
      (images) => convolutionOf([images, 8, 128, 128], [2, 8, 3, 3], { padding: 1 }).filter,
    );
    expect([countOf("MatMul", one), countOf("MatMul", many)]).toEqual([1, 1]);
  });

  test("of a convolution in groups is a product for each place, of all groups at once", async () => {
    const { filter } = convolutionOf([2, 4, 6, 5], [6, 2, 3, 3], { groups: 2, padding: 1 });
    expect(countOf("MatMul", filter)).toBe(9);
    await expectInterpreted(filter);
  });

  test("of a depthwise convolution is a Conv for each column of the kernel", async () => {
    const { filter } = convolutionOf([2, 4, 40, 41], [4, 1, 3, 5], {
      groups: 4,
      padding: [1, 2, 1, 2],
    });
    expect(countOf("Conv", filter)).toBe(5);
    expect(countOf("MatMul", filter)).toBe(0);
    await expectInterpreted(filter);
  });

  test("of a depthwise convolution at stride 2 is one more for the odd rows", async () => {
    const options = { groups: 4, stride: 2, padding: 1 } as const;
    const { filter } = convolutionOf([2, 4, 40, 41], [4, 1, 3, 3], options);
    expect(countOf("Conv", filter)).toBe(6);
    await expectInterpreted(filter);
  });

  test("at a stride reads no pixels one by one", async () => {
    const steps = (y: Node) =>
      lower({ y }).graph.nodes.filter(({ op, inputs }) => op === "Slice" && inputs.length > 4);
    for (const [w, groups] of [
      [[4, 4, 3, 3], 1],
      [[8, 2, 3, 3], 2],
      [[4, 1, 3, 3], 4],
    ] as const) {
      const options = { groups, stride: 2, padding: 1 } as const;
      const { filter } = convolutionOf([2, 4, 41, 40], w, options);
      expect(steps(filter)).toEqual([]);
      expect(countOf("Split", filter)).toBeGreaterThan(0);
      await expectInterpreted(filter);
    }
  });

  test("of a 1x1 convolution at a stride reads only the pixels that it meets", async () => {
    const { filter } = convolutionOf([2, 3, 9, 8], [4, 3, 1, 1], { stride: 2 });
    expect(countOf("Split", filter)).toBe(0);
    expect(countOf("Slice", filter)).toBe(1);
    await expectInterpreted(filter);
  });

  test("of a 1x1 convolution copies no pixels but to bring channels first", async () => {
    const { filter } = convolutionOf([2, 3, 5, 4], [4, 3, 1, 1]);
    expect(countOf("Slice", filter) + countOf("Concat", filter) + countOf("Pad", filter)).toBe(0);
    await expectInterpreted(filter);
  });

  test("of a large plane with dilation and uneven pads shifts and crops as it must", async () => {
    const options = { dilation: [2, 1], padding: [1, 0, 2, 3] } as const;
    const { filter } = convolutionOf([1, 36, 131, 129], [1, 36, 3, 3], options);
    expect(countOf("MatMul", filter)).toBe(9);
    await expectInterpreted(filter);
  });

  test("of a filter dilated far across its map leaves out what meets the padding", async () => {
    const { filter } = convolutionOf([2, 3, 17, 15], [4, 3, 3, 3], { dilation: 6, padding: 6 });
    expect(countOf("MatMul", filter)).toBe(9);
    expect(countOf("Pad", filter)).toBe(0);
    await expectInterpreted(filter);
    const uneven = { dilation: [5, 4], padding: [7, 3, 2, 5] } as const;
    await expectInterpreted(convolutionOf([1, 3, 12, 13], [2, 3, 3, 3], uneven).filter);
  });

  test("of a filter that reaches beyond its map is zero where it meets padding only", async () => {
    const { filter } = convolutionOf([2, 3, 5, 20], [4, 3, 3, 3], { dilation: 8, padding: 8 });
    expect(countOf("MatMul", filter)).toBe(3);
    await expectInterpreted(filter);
  });

  test("of a large plane with stride is one product over all columns", async () => {
    const options = { stride: 2, dilation: [2, 1], padding: [1, 0, 2, 3] } as const;
    const { filter } = convolutionOf([1, 36, 257, 259], [1, 36, 3, 3], options);
    expect(countOf("MatMul", filter)).toBe(1);
    await expectInterpreted(filter);
  });
});

describe("the image gradient", () => {
  test("is a Conv with the filter turned at stride 1", async () => {
    const { image } = convolutionOf([2, 3, 7, 6], [4, 3, 3, 2], { padding: 1 });
    expect(operatorsOf(image)).toContain("Conv");
    expect(operatorsOf(image)).not.toContain("ConvTranspose");
    await expectInterpreted(image);
  });

  test("turns nothing of a 1x1 filter", async () => {
    const { image } = convolutionOf([2, 3, 4, 4], [5, 3, 1, 1]);
    expect(operatorsOf(image)).not.toContain("MatMul");
    await expectInterpreted(image);
  });

  test.for<readonly [string, Shape, Shape, ConvOptions]>([
    ["stride 2", [2, 3, 8, 7], [4, 3, 3, 3], { stride: 2, padding: 1 }],
    ["stride 2 that drops the last places", [1, 2, 8, 6], [3, 2, 3, 3], { stride: 2 }],
    ["stride 3 beyond a 2x2 kernel", [1, 2, 8, 8], [3, 2, 2, 2], { stride: 3 }],
    ["unequal strides", [1, 2, 6, 7], [2, 2, 3, 3], { stride: [1, 2], padding: [0, 1, 2, 1] }],
    ["pads beyond the kernel", [1, 2, 3, 3], [2, 2, 2, 2], { padding: 3 }],
    ["groups at stride 2", [2, 4, 7, 7], [6, 2, 3, 3], { stride: 2, padding: 1, groups: 2 }],
    ["dilation at stride 2", [1, 2, 9, 9], [2, 2, 3, 3], { stride: 2, dilation: 2, padding: 2 }],
  ])("is a ConvTranspose for %s", async ([, x, w, options]) => {
    const { image } = convolutionOf(x, w, options);
    expect(operatorsOf(image)).toEqual(["ConvTranspose"]);
    await expectInterpreted(image);
  });

  test("at stride 1 turns and swaps the filter group by group", async () => {
    const { image } = convolutionOf([2, 6, 5, 5], [9, 2, 3, 3], { groups: 3, padding: 1 });
    expect(operatorsOf(image)).toContain("Conv");
    await expectInterpreted(image);
  });

  test("at stride 1 with dilation and uneven pads agrees", async () => {
    const options = { dilation: [2, 3], padding: [1, 2, 3, 0] } as const;
    const { image } = convolutionOf([2, 2, 8, 9], [3, 2, 3, 3], options);
    expect(operatorsOf(image)).toContain("Conv");
    await expectInterpreted(image);
  });
});

test("a depthwise convolution of small planes takes its bias along", async () => {
  const { feature } = convolutionOf([16, 4, 5, 5], [4, 1, 3, 3], { groups: 4, padding: 1 });
  const biased = add(feature, input("bias", [1, 4, 1, 1]));
  expect(operatorsOf(biased)).not.toContain("Conv");
  expect(operatorsOf(biased).slice(-3)).toEqual(["Add", "Transpose", "Reshape"]);
  await expectInterpreted(biased, { ...feedsOf(feature), ...feedsOf(biased) });
});
