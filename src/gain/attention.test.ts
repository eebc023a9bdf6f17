import { describe, expect, test } from "vitest";
import { grad } from "../autodiff/index.ts";
import {
  constant,
  globalAveragePool,
  input,
  interpret,
  matmul,
  type Node,
  square,
  sum,
} from "../graph/index.ts";
import { type Layer, smallnet } from "../nn/index.ts";
import { attentionFeatures, attentionMap, normalizeMap, type SpatialLayer } from "./attention.ts";

const valuesOf = (node: Node, feeds: Record<string, number[]> = {}): number[] => [
  ...interpret([node], feeds)[0],
];

/** A feature map as it is. */
const onPicture = (node: Node): SpatialLayer => ({ node, toGrid: (x) => x });

/** One image, two channels of 1x2 pixels. */
const pixels = [1, 2, 3, -1];
const features = constant(pixels, [1, 2, 1, 2]);
/** [channels, classes]. */
const head = constant([1, -2, 0.5, 1], [2, 2]);
const linearLogits = (f: Node): Node => matmul(globalAveragePool(f), head);
const first = constant([1, 0], [1, 2]);

describe("attentionMap", () => {
  test("weighs channels by their pooled gradient, which for a linear head is CAM", () => {
    // ∂s⁰/∂f is 1/2 everywhere in channel 0 and 0.25 in channel 1.
    const map = attentionMap(onPicture(features), linearLogits(features), first, {
      weightGradient: true,
    });
    expect(map.shape).toEqual([1, 1, 1, 2]);
    expect(valuesOf(map)).toEqual([0.5 * 1 + 0.25 * 3, 0.5 * 2 + 0.25 * -1]);
  });

  test("is never below zero", () => {
    const second = constant([0, 1], [1, 2]);
    const map = attentionMap(onPicture(features), linearLogits(features), second, {
      weightGradient: true,
    });
    // -1 · f₀ + 0.5 · f₁
    expect(valuesOf(map)).toEqual([0.5, 0]);
  });

  test("is zero for a row of zeros in `chosen`", () => {
    const none = constant([0, 0], [1, 2]);
    const map = attentionMap(onPicture(features), linearLogits(features), none, {
      weightGradient: true,
    });
    expect(valuesOf(map)).toEqual([0, 0]);
  });

  test("gives two classes of one image in one batch the maps of two runs with one class", () => {
    const choose = (rows: number[][]): number[] => {
      const f = input("f", [rows.length, 2, 1, 2]);
      const logits = matmul(square(globalAveragePool(f)), head);
      const chosen = constant(rows.flat(), [rows.length, 2]);
      const map = attentionMap(onPicture(f), logits, chosen, { weightGradient: true });
      return valuesOf(map, { f: rows.flatMap(() => pixels) });
    };
    const both = choose([
      [1, 0],
      [0, 1],
    ]);
    expect(both).toEqual([...choose([[1, 0]]), ...choose([[0, 1]])]);
    expect(both.slice(0, 2)).not.toEqual(both.slice(2));
  });

  test("lets gradients through its weights only where `weightGradient` is true", () => {
    const f = input("f", [1, 1, 1, 2]);
    // s = (mean f)², so that w = mean f / 2 · ... depends on f: w = m, m the mean of f, over 1.
    const logits = square(globalAveragePool(f));
    const gradientOf = (weightGradient: boolean): number[] => {
      const map = attentionMap(onPicture(f), logits, constant([1], [1, 1]), { weightGradient });
      return valuesOf(grad(sum(map), [f])[0], { f: [1, 3] });
    };
    // m = 2; ∂s/∂fᵢ = 2m · 1/2 = m, so w = m; A = m f and ΣA = 2 m², whose gradient is 2m in both
    // places; with w held constant it is m.
    expect(gradientOf(true)).toEqual([4, 4]);
    expect(gradientOf(false)).toEqual([2, 2]);
  });
});

describe("normalizeMap", () => {
  const map = constant([1, 2, 4, 3, 6, 9], [2, 1, 1, 3]);
  const normalized = (normalization: "max" | "minmax" | "none"): number[] =>
    valuesOf(normalizeMap(map, { normalization, normalizationGradient: true }));
  const expectClose = (actual: number[], expected: number[]): void => {
    expect(actual).toHaveLength(expected.length);
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 7);
    });
  };

  test("scales each image by its own maximum, or between its own extrema, or not at all", () => {
    expectClose(normalized("max"), [1 / 4, 2 / 4, 1, 3 / 9, 6 / 9, 1]);
    expectClose(normalized("minmax"), [0, 1 / 3, 1, 0, 1 / 2, 1]);
    expectClose(normalized("none"), [1, 2, 4, 3, 6, 9]);
  });

  test("keeps a map of zeros at zero, with a finite gradient", () => {
    const zeros = input("zeros", [1, 1, 2, 2]);
    for (const normalization of ["max", "minmax"] as const) {
      const scaled = normalizeMap(zeros, { normalization, normalizationGradient: true });
      const feeds = { zeros: [0, 0, 0, 0] };
      expect(valuesOf(scaled, feeds)).toEqual([0, 0, 0, 0]);
      const gradient = valuesOf(grad(sum(scaled), [zeros])[0], feeds);
      expect(gradient.every(Number.isFinite)).toBe(true);
    }
  });

  test("lets gradients through the extrema only where `normalizationGradient` is true", () => {
    const x = input("x", [1, 1, 1, 2]);
    const gradientOf = (normalizationGradient: boolean): number[] => {
      const scaled = normalizeMap(x, { normalization: "max", normalizationGradient });
      return valuesOf(grad(sum(scaled), [x])[0], { x: [1, 4] });
    };
    // Σ x / max: (x₀ + x₁) / x₁ = 1 + x₀ / x₁.
    expectClose(gradientOf(true), [1 / 4, -1 / 16]);
    expectClose(gradientOf(false), [1 / 4, 1 / 4]);
  });
});

describe("attentionFeatures", () => {
  const model = smallnet({ classes: 2, inputSize: 16 });
  const forward = model.forward(input("images", [1, 3, 16, 16]));

  test("are those of the named layer", () => {
    expect(attentionFeatures(forward, "conv6").node.shape).toEqual([1, 128, 2, 2]);
  });

  test("names the layers that there are when asked for another", () => {
    expect(() => attentionFeatures(forward, "conv5_3")).toThrow(
      'attention: layer must be one of conv1, conv2, conv3, conv4, conv5, conv6, head; got "conv5_3".',
    );
  });

  test("refuses a layer without spatial extent", () => {
    const layers = new Map<string, Layer>([
      ["conv", onPicture(features)],
      ["fc", { node: linearLogits(features) }],
    ]);
    expect(() => attentionFeatures({ logits: features, layers }, "fc")).toThrow(
      'attention: layer must be one of conv; got "fc".',
    );
  });
});
