import { describe, expect, test } from "vitest";
import { constant, interpret, type Node } from "../graph/index.ts";
import {
  attentionMiningLoss,
  classificationLoss,
  counterfactualLoss,
  extraSupervisionLoss,
  hideAttended,
} from "./losses.ts";

const valuesOf = (node: Node): number[] => [...interpret([node], {})[0]];
const scalarOf = (node: Node): number => valuesOf(node)[0];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe("classificationLoss", () => {
  test("is the cross-entropy of each class, averaged over images and classes", () => {
    const logits = constant([0, 2, -1, 0.5], [2, 2]);
    const tags = constant([1, 0, 0, 1], [2, 2]);
    const expected =
      -(
        Math.log(sigmoid(0)) +
        Math.log(1 - sigmoid(2)) +
        Math.log(1 - sigmoid(-1)) +
        Math.log(sigmoid(0.5))
      ) / 4;
    expect(scalarOf(classificationLoss(logits, tags))).toBeCloseTo(expected, 14);
  });

  test("is finite for logits whose exponential is not", () => {
    const logits = constant([1000, -1000], [1, 2]);
    expect(scalarOf(classificationLoss(logits, constant([1, 0], [1, 2])))).toBe(0);
    expect(scalarOf(classificationLoss(logits, constant([0, 1], [1, 2])))).toBe(1000);
  });
});

describe("attentionMiningLoss", () => {
  const logits = constant([1, -1, 0, 3], [2, 2]);
  const chosen = constant([1, 0, 0, 1], [2, 2]);
  const weights = constant([0.5, 0.25]);
  const loss = (miningScore: "logit" | "sigmoid" | "softmax"): number =>
    scalarOf(attentionMiningLoss(logits, chosen, weights, { miningScore }));

  test("weighs the score of each pair's class: logit, sigmoid or softmax", () => {
    expect(loss("logit")).toBeCloseTo(0.5 * 1 + 0.25 * 3, 14);
    expect(loss("sigmoid")).toBeCloseTo(0.5 * sigmoid(1) + 0.25 * sigmoid(3), 14);
    expect(loss("softmax")).toBeCloseTo(0.5 * sigmoid(1 - -1) + 0.25 * sigmoid(3 - 0), 14);
  });

  test("gets nothing from a row of zeros in `chosen`, whatever its weight", () => {
    const half = constant([1, 0, 0, 0], [2, 2]);
    expect(
      scalarOf(attentionMiningLoss(logits, half, weights, { miningScore: "logit" })),
    ).toBeCloseTo(0.5, 14);
  });
});

describe("extraSupervisionLoss", () => {
  const maps = constant([0.5, 1, 0, 0.25], [1, 2, 2]);
  const targets = constant([1, 1, 0, 0], [1, 2, 2]);

  test("weighs the squared difference of each pixel", () => {
    const weights = constant([0.25, 0.25, 0.25, 0.25], [1, 2, 2]);
    expect(scalarOf(extraSupervisionLoss(maps, targets, weights))).toBeCloseTo(
      (0.5 ** 2 + 0 + 0 + 0.25 ** 2) / 4,
      14,
    );
  });

  test("gets nothing from void pixels, whose weight is zero", () => {
    const weights = constant([0, 1 / 3, 1 / 3, 1 / 3], [1, 2, 2]);
    expect(scalarOf(extraSupervisionLoss(maps, targets, weights))).toBeCloseTo(0.25 ** 2 / 3, 14);
  });
});

describe("counterfactualLoss", () => {
  const alone = constant([1, -1, 0, 3], [2, 2]);
  const without = constant([2, 5, -1, 0.5], [2, 2]);
  const loss = (chosen: readonly number[]): number =>
    scalarOf(
      counterfactualLoss(alone, without, constant(chosen, [2, 2]), constant([0.5, 0.25], [2])),
    );

  test("asks the chosen class of the object alone, and denies it to what is left", () => {
    expect(loss([1, 0, 0, 1])).toBeCloseTo(
      -0.5 * (Math.log(sigmoid(1)) + Math.log(1 - sigmoid(2))) -
        0.25 * (Math.log(sigmoid(3)) + Math.log(1 - sigmoid(0.5))),
      14,
    );
  });

  test("gets nothing from a row of zeros in `chosen`, whatever its weight", () => {
    expect(loss([0, 0, 0, 1])).toBeCloseTo(
      -0.25 * (Math.log(sigmoid(3)) + Math.log(1 - sigmoid(0.5))),
      14,
    );
  });
});

describe("hideAttended", () => {
  const pixels = Array.from({ length: 12 }, (_, i) => 10 * Math.sin(i));
  const images = constant(pixels, [1, 3, 2, 2]);

  test("is I − T(A) ⊙ I of the paper's equations 3 and 4, the same for every channel", () => {
    const attention = [0, 0.3, 0.5, 1];
    const map = constant(attention, [1, 1, 2, 2]);
    const [sigma, slope] = [0.4, 8];
    const expected = pixels.map((pixel, i) => {
      const mask = 1 / (1 + Math.exp(-slope * (attention[i % 4] - sigma)));
      return pixel - mask * pixel;
    });
    valuesOf(hideAttended(images, map, { sigma, slope })).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 12);
    });
  });

  test("halves a pixel at the threshold, keeps one far below and hides one far above", () => {
    const map = constant([0.5, -100, 100, 0.5], [1, 1, 2, 2]);
    const [half, kept, hidden] = valuesOf(hideAttended(images, map, { sigma: 0.5, slope: 10 }));
    expect(half).toBeCloseTo(pixels[0] / 2, 14);
    expect(kept).toBeCloseTo(pixels[1], 14);
    expect(hidden).toBeCloseTo(0, 14);
  });
});
