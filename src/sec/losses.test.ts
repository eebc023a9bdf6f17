import { describe, expect, test } from "vitest";
import { checkGrads } from "../../test/grads/checkGrads.ts";
import { anywhere, distinct } from "../../test/grads/draw.ts";
import { grad } from "../autodiff/index.ts";
import { add, addAll, constant, input, interpret, mul, type Node } from "../graph/index.ts";
import {
  constrainLoss,
  expandLoss,
  globalWeightedRankPool,
  secProbabilities,
  seedLoss,
} from "./losses.ts";

const valuesOf = (node: Node): number[] => [...interpret([node], {})[0]];
const scalarOf = (node: Node): number => valuesOf(node)[0];

/** VOC's labels on SEC's map: 21 x 41 x 41 for each of two images. */
const shape = [2, 21, 41, 41];
const places = 41 ** 2;
const uniform = secProbabilities(constant(new Float64Array(2 * 21 * places), shape));

/** [N, K, h, w] of zeros, with ones at [image, label, place]. */
function oneHot(
  dims: readonly number[],
  ones: readonly (readonly [image: number, label: number, place: number])[],
): Node {
  const [images, labels, height, width] = dims;
  const data = new Float64Array(images * labels * height * width);
  for (const [image, label, place] of ones) {
    data[(image * labels + label) * height * width + place] = 1;
  }
  return constant(data, dims);
}

const cues = oneHot(shape, [
  [0, 0, 5],
  [0, 3, 7],
  [0, 3, 8],
  [1, 1, 0],
]);
const oneTagEach = constant(
  Array.from({ length: 40 }, (_, i) => (i === 2 || i === 20 ? 1 : 0)),
  [2, 20],
);

describe("of uniform probabilities over 21 labels and 41x41 places", () => {
  test("seed is ln 21 = 3.04452", () => {
    expect(scalarOf(seedLoss(uniform, cues))).toBeCloseTo(Math.log(21), 12);
  });

  test("expand is 2 ln 21 − ln(20 / 21) = 6.13784", () => {
    expect(scalarOf(expandLoss(uniform, oneTagEach))).toBeCloseTo(6.13784, 5);
    expect(scalarOf(expandLoss(uniform, oneTagEach))).toBeCloseTo(
      2 * Math.log(21) - Math.log(20 / 21),
      12,
    );
  });

  test("constrain is 0 for marginals that are the probabilities", () => {
    expect(scalarOf(constrainLoss(uniform, uniform))).toBeCloseTo(0, 12);
  });
});

describe("secProbabilities", () => {
  test("lifts every probability by 1e-4 and divides by the sum", () => {
    const p = valuesOf(secProbabilities(constant([0, 50], [1, 2, 1, 1])));
    expect(p).toEqual([1e-4 / 1.0002, 1.0001 / 1.0002].map((v) => expect.closeTo(v, 14)));
  });
});

describe("seedLoss", () => {
  const dims = [2, 3, 1, 2];
  const p = constant([0.5, 0.2, 0.3, 0.2, 0.2, 0.6, 0.1, 0.1, 0.1, 0.8, 0.8, 0.1], dims);

  test("has one denominator for background and classes, and is the mean over images", () => {
    const some = oneHot(dims, [
      [0, 0, 0],
      [0, 2, 1],
      [1, 1, 1],
    ]);
    const expected = -((Math.log(0.5) + Math.log(0.6)) / 2 + Math.log(0.8)) / 2;
    expect(scalarOf(seedLoss(p, some))).toBeCloseTo(expected, 14);
  });

  test("counts an image without a cue as 0, and stays finite with its gradient", () => {
    const some = oneHot(dims, [[1, 1, 1]]);
    expect(scalarOf(seedLoss(p, some))).toBeCloseTo(-Math.log(0.8) / 2, 14);
    const none = seedLoss(p, oneHot(dims, []));
    expect(scalarOf(none)).toBeCloseTo(0, 14);
    expect(valuesOf(grad(none, [p])[0])).toEqual(Array(12).fill(expect.closeTo(0, 14)));
  });
});

describe("globalWeightedRankPool", () => {
  const map = constant([0.1, 0.7, 0.2, 0.4], [1, 1, 2, 2]);

  test("weighs the sorted probabilities by powers of the decay", () => {
    const expected = (0.7 + 0.5 * 0.4 + 0.25 * 0.2 + 0.125 * 0.1) / 1.875;
    expect(scalarOf(globalWeightedRankPool(map, 0.5))).toBeCloseTo(expected, 14);
  });

  test("is the mean for a decay of 1, and near the maximum for a small one", () => {
    expect(scalarOf(globalWeightedRankPool(map, 1))).toBeCloseTo(0.35, 14);
    expect(scalarOf(globalWeightedRankPool(map, 1e-6))).toBeCloseTo(0.7, 5);
  });

  test("refuses a decay of 0, and names max", () => {
    expect(() => globalWeightedRankPool(map, 0)).toThrow(
      new RangeError(
        "globalWeightedRankPool: decay must be in (0, 1]; got 0. Use max for a decay of 0.",
      ),
    );
  });

  test("gives the largest 10% of a map half of the weight at SEC's 0.996, the largest 30% at 0.999", () => {
    const share = (decay: number, part: number): number => {
      const largest = Array.from({ length: places }, (_, i) => (i < part * places ? 1 : 0));
      return scalarOf(globalWeightedRankPool(constant(largest, [1, 1, 41, 41]), decay));
    };
    expect(share(0.996, 0.1)).toBeCloseTo(0.4906, 2);
    expect(share(0.999, 0.3)).toBeCloseTo(0.4866, 2);
  });
});

describe("expandLoss", () => {
  const dims = [1, 3, 1, 2];
  const p = constant([0.5, 0.2, 0.3, 0.2, 0.2, 0.6], dims);
  const decays = { foregroundDecay: 0.5, backgroundDecay: 1 };
  const loss = (tags: number[]): number => scalarOf(expandLoss(p, constant(tags, [1, 2]), decays));
  const background = Math.log((0.5 + 0.2) / 2);
  const here = [Math.log((0.3 + 0.5 * 0.2) / 1.5), Math.log((0.6 + 0.5 * 0.2) / 1.5)];

  test("pools classes of the image, takes the maximum of the others, and pools background", () => {
    expect(loss([1, 0])).toBeCloseTo(-(here[0] + Math.log(1 - 0.6) + background), 14);
  });

  test("with all tags has no absent class, and with none no present one", () => {
    expect(loss([1, 1])).toBeCloseTo(-((here[0] + here[1]) / 2 + background), 14);
    expect(loss([0, 0])).toBeCloseTo(
      -((Math.log(1 - 0.3) + Math.log(1 - 0.6)) / 2 + background),
      14,
    );
  });
});

describe("constrainLoss", () => {
  test("lifts marginals to 1e-4 and divides them by their sum", () => {
    const p = constant([0.5, 0.5, 0.25, 0.75], [1, 2, 1, 2]);
    const target = constant([1, 0.5, 0, 0.5], [1, 2, 1, 2]);
    const low = 1e-4 / 1.0001;
    const high = 1 / 1.0001;
    const first = high * Math.log(high / 0.5) + low * Math.log(low / 0.25);
    const second = 0.5 * Math.log(0.5 / 0.5) + 0.5 * Math.log(0.5 / 0.75);
    expect(scalarOf(constrainLoss(p, target))).toBeCloseTo((first + second) / 2, 12);
  });

  test("gives its target no gradient, even one that is made of the scores", () => {
    const scores = input("scores", [1, 3, 2, 2]);
    const feeds = { scores: [1, 2, 0, 1, -1, 0, 3, 1, 0, 0, 1, 2] };
    const probs = secProbabilities(scores);
    const target = input("target", scores.shape);
    const fed = { ...feeds, target: interpret([probs], feeds)[0] };
    const [ofTarget] = grad(constrainLoss(probs, target), [target]);
    expect([...interpret([ofTarget], fed)[0]]).toEqual(Array(12).fill(0));
    // As if the marginals had been fed.
    const doubled = secProbabilities(mul(scores, 2));
    const slope = (marginals: Node): Node => grad(constrainLoss(probs, marginals), [scores])[0];
    const made = interpret([slope(doubled)], feeds)[0];
    const given = { ...feeds, target: interpret([doubled], feeds)[0] };
    expect(made).toEqual(interpret([slope(target)], given)[0]);
  });
});

describe("matches finite differences", () => {
  const scores = distinct([2, 3, 3, 3]);
  const someCues = oneHot(
    [2, 3, 3, 3],
    [
      [0, 0, 1],
      [0, 2, 4],
      [1, 1, 8],
    ],
  );
  const tags = constant([1, 0, 1, 1], [2, 2]);
  const marginals = constant(
    Array.from({ length: 54 }, (_, i) => 1 + (i % 7)),
    [2, 3, 3, 3],
  );

  test("seed", () => {
    checkGrads((x) => seedLoss(secProbabilities(x), someCues), [scores], { order: 2 });
  });

  test("expand, in which the order is constant", () => {
    // Far from equal probabilities, so that no step changes the order.
    checkGrads((x) => expandLoss(secProbabilities(x), tags), [scores], { order: 2 });
    checkGrads((x) => globalWeightedRankPool(x, 0.9), [scores], { order: 2 });
  });

  test("constrain", () => {
    checkGrads((x) => constrainLoss(secProbabilities(x), marginals), [scores], { order: 2 });
  });

  test("the sum of all", () => {
    checkGrads(
      (x, y) => {
        const p = secProbabilities(add(x, mul(y, 0.1)));
        return addAll([seedLoss(p, someCues), expandLoss(p, tags), constrainLoss(p, marginals)]);
      },
      [scores, anywhere([2, 3, 3, 3])],
      { order: 1 },
    );
  });
});
