import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Preprocessing, torchvisionPreprocessing } from "../../nn/index.ts";
import { Random } from "../../random.ts";
import { blurred } from "./blur.ts";
import { FaithfulnessScore, type Probabilities } from "./faithfulnessScore.ts";
import { impute } from "./impute.ts";
import { meanColour } from "./perturbations.ts";
import { relevanceOrder } from "./relevanceOrder.ts";

const { imputations, network, expected } = JSON.parse(
  readFileSync(new URL("../../../test/golden/faithfulness/golden.json", import.meta.url), "utf8"),
);
const close = (values: readonly number[], digits: number) =>
  values.map((value) => expect.closeTo(value, digits));

/** Torchvision's colours with next to no noise. */
const silent: Preprocessing = { ...torchvisionPreprocessing, deviation: [1e9, 1e9, 1e9] };

/** The probability of a logistic network, [3, S, S] weights. */
const logistic =
  (weights: ArrayLike<number>, bias = 0): Probabilities =>
  async (_, paints) =>
    paints.map((paint) => {
      const image = new Float32Array(weights.length);
      paint(image);
      return 1 / (1 + Math.exp(-image.reduce((sum, value, i) => sum + value * weights[i], bias)));
    });

test.each([0, 1, 2, 3])("imputes as SciPy's direct solver does, case %d", (index) => {
  const { image, known, width, expected: exact } = imputations[index];
  const missing = Uint8Array.from(known);
  const filled = impute(Float32Array.from(image), missing, width, { tolerance: 1e-9 });
  expect([...filled]).toEqual(close(exact, 5));
});

test("leaves less than ROAD's noise to be solved for by default", () => {
  const { image, known, width, expected: exact } = imputations[1];
  const filled = impute(Float32Array.from(image), Uint8Array.from(known), width);
  const errors = [...filled].map((value, i) => Math.abs(value - exact[i]));
  expect(Math.max(...errors)).toBeLessThan(0.01);
});

test("imputes one colour as that colour, and refuses to guess from nothing", () => {
  const plane = new Float32Array(100).fill(3);
  const known = new Uint8Array(100);
  known[42] = 1;
  expect([...impute(plane, known, 10)]).toEqual(Array.from(plane));
  expect(() => impute(plane, new Uint8Array(100), 10)).toThrow(
    "impute: at least one pixel must be known; all are missing.",
  );
  expect(() => impute(plane, known, 9)).toThrow(
    "impute: image must have whole channels of known's 100 pixels in rows of 9; got 100 values.",
  );
});

test("blurs as SciPy's correlate1d does with repeated edges", () => {
  const { image, blurred: exact, size } = network;
  expect([...blurred(Float32Array.from(image), size)]).toEqual(close(exact, 5));
  expect(() => blurred(Float32Array.from(image), size, { width: 4 })).toThrow(
    "blurred: width must be odd and positive; got 4.",
  );
});

test("gives NumPy's curves of a logistic network", async () => {
  const { steps, percentages, image, weights, bias, saliency } = network;
  const score = new FaithfulnessScore(["cat", "dog"], { steps, percentages });
  const picture = { image: Float32Array.from(image), preprocessing: silent, id: "one" };
  await score.add(1, Float32Array.from(saliency), picture, logistic(weights, bias));
  const { maps, leftOut, insertion, deletion, road } = score.result();
  expect([maps, leftOut]).toEqual([1, 0]);
  expect(insertion.curve).toEqual(close(expected.insertionCurve, 6));
  expect(insertion.mean).toBeCloseTo(expected.insertion, 6);
  expect(insertion.perClass).toEqual({ cat: null, dog: insertion.mean });
  expect(deletion.curve).toEqual(close(expected.deletionCurve, 6));
  expect(deletion.mean).toBeCloseTo(expected.deletion, 6);
  expect(road.percentages).toEqual(percentages);
  // The default tolerance of the imputation is seen here.
  expect(road.morf).toEqual(close(expected.morf, 2));
  expect(road.lerf).toEqual(close(expected.lerf, 2));
  expect(road.mean).toBeCloseTo(expected.road, 2);
});

/** Of a network that sees one bright object at the upper left of a dark picture. */
const side = 16;
const isObject = (i: number): boolean => i % side < side / 2 && i < (side * side) / 2;
const object = Float32Array.from({ length: side * side }, (_, i) => (isObject(i) ? 1 : 0));
const brightObject = Float32Array.from({ length: 3 * side * side }, (_, i) =>
  isObject(i % (side * side)) ? 1 : 0,
);
const seesObject = logistic(
  brightObject.map((value) => (20 * value) / (3 * object.reduce((sum, v) => sum + v, 0))),
  -16,
);

async function faithfulness(map: Float32Array, seed = 1) {
  const score = new FaithfulnessScore(["cat"], { seed });
  const picture = { image: brightObject, preprocessing: torchvisionPreprocessing, id: "p" };
  await score.add(0, map, picture, seesObject);
  return score.result();
}

test("a perfect map beats one that says nothing, which beats its inverse", async () => {
  const perfect = await faithfulness(object);
  const uniform = await faithfulness(new Float32Array(side * side));
  const inverted = await faithfulness(object.map((value) => 1 - value));
  const figures = [perfect, uniform, inverted].map(({ insertion, deletion, road }) => ({
    insertion: insertion.mean ?? Number.NaN,
    deletion: deletion.mean ?? Number.NaN,
    road: road.mean ?? Number.NaN,
  }));
  const [best, middle, worst] = figures;
  expect(best.insertion).toBeGreaterThan(middle.insertion + 0.1);
  expect(middle.insertion).toBeGreaterThan(worst.insertion + 0.1);
  expect(best.deletion).toBeLessThan(middle.deletion - 0.1);
  expect(middle.deletion).toBeLessThan(worst.deletion - 0.1);
  expect(best.road).toBeGreaterThan(0.1);
  expect(Math.abs(middle.road)).toBeLessThan(0.05);
  // Without the most and without the least relevant pixels: the inverse exchanges the two.
  expect(worst.road).toBeCloseTo(-best.road, 1);
});

test("the deletion curve of a linear score is known in closed form", async () => {
  // p = mean of the pixels: each of the 64 bright ones that is deleted takes 1/256 away.
  const mean: Probabilities = async (_, paints) =>
    paints.map((paint) => {
      const image = new Float32Array(3 * side * side);
      paint(image);
      return image.reduce((sum, value) => sum + value, 0) / image.length;
    });
  const score = new FaithfulnessScore(["cat"], { steps: 8, percentages: [50] });
  const picture = { image: brightObject, preprocessing: torchvisionPreprocessing, id: "p" };
  await score.add(0, object, picture, mean);
  const { deletion } = score.result();
  expect(deletion.curve).toEqual(close([0.25, 0.125, 0, 0, 0, 0, 0, 0, 0], 6));
  expect(deletion.mean).toBeCloseTo((0.25 / 2 + 0.125) / 8, 6);
});

test("the same seed gives the same figures, another one other ties and noise", async () => {
  const blank = new Float32Array(side * side);
  expect(await faithfulness(blank, 5)).toEqual(await faithfulness(blank, 5));
  expect((await faithfulness(blank, 5)).insertion.curve).not.toEqual(
    (await faithfulness(blank, 6)).insertion.curve,
  );
});

test("a map whose probabilities are no numbers is left out and counted", async () => {
  const score = new FaithfulnessScore(["cat"]);
  const picture = { image: brightObject, preprocessing: torchvisionPreprocessing, id: "p" };
  await score.add(0, object, picture, async (_, paints) => paints.map(() => Number.NaN));
  const { maps, leftOut, insertion, road } = score.result();
  expect([maps, leftOut]).toEqual([0, 1]);
  expect(insertion).toEqual({ mean: null, perClass: { cat: null }, curve: [] });
  expect(road.morf).toEqual([]);
});

test("refuses options that measure nothing", () => {
  expect(() => new FaithfulnessScore(["cat"], { steps: 0 })).toThrow(
    "FaithfulnessScore: steps must be a positive integer; got 0.",
  );
  expect(() => new FaithfulnessScore(["cat"], { percentages: [50, 100] })).toThrow(
    "FaithfulnessScore: percentages must lie between 0 and 100; got 100.",
  );
});

test("orders pixels by value, and equal ones by chance", () => {
  const map = Float32Array.from({ length: 100 }, (_, i) => (i === 70 ? 2 : i === 30 ? 1 : 0));
  const [first, second, ...rest] = relevanceOrder(map, new Random(1));
  expect([first, second]).toEqual([70, 30]);
  expect([...rest].sort((a, b) => a - b)).not.toEqual(rest);
  expect(new Set(rest).size).toBe(98);
  expect([...relevanceOrder(map, new Random(2))]).not.toEqual([first, second, ...rest]);
});

test("the mean colour is zero as torchvision's networks see it, and ImageNet's for all others", () => {
  expect([...meanColour(1, torchvisionPreprocessing)]).toEqual([0, 0, 0]);
  const caffe = meanColour(1, { channels: "bgr", mean: [0, 0, 100], deviation: [1, 1, 2] });
  expect([...caffe]).toEqual(close([103.53, 116.28, 11.8375], 4));
});
