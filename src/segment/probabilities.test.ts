import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { argmax, pictureProbabilities, type ScoreMap } from "./probabilities.ts";

const random = new Random(5);
const [classes, side, inputSize] = [4, 5, 33];
const map: ScoreMap = {
  scores: Float32Array.from({ length: classes * side * side }, () => random.uniform(-6, 6)),
  classes,
  side,
  inputSize,
};

/** SciPy's `zoom` of order 1: the value at the place, corners on corners, in float64. */
function zoomed(
  plane: (y: number, x: number) => number,
  [height, width]: readonly [number, number],
  [newHeight, newWidth]: readonly [number, number],
) {
  return (y: number, x: number): number => {
    const row = newHeight === 1 ? 0 : (y * (height - 1)) / (newHeight - 1);
    const column = newWidth === 1 ? 0 : (x * (width - 1)) / (newWidth - 1);
    let value = 0;
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const near = Math.max(0, 1 - Math.abs(row - i)) * Math.max(0, 1 - Math.abs(column - j));
        if (near > 0) value += near * plane(i, j);
      }
    }
    return value;
  };
}

/** deploy/demo.py: zoom of the scores to the input, softmax, zoom to the picture. */
function demo(width: number, height: number, labels: readonly number[]): number[] {
  const small = [side, side] as const;
  const input = [inputSize, inputSize] as const;
  const enlarged = labels.map((label) =>
    zoomed((y, x) => map.scores[(label * side + y) * side + x], small, input),
  );
  const powers = labels.map((_, k) =>
    Float64Array.from({ length: inputSize ** 2 }, (_, i) =>
      Math.exp(enlarged[k](Math.floor(i / inputSize), i % inputSize)),
    ),
  );
  const totals = powers[0].map((_, i) => powers.reduce((sum, plane) => sum + plane[i], 0));
  return powers.flatMap((plane) => {
    const at = zoomed((y, x) => plane[y * inputSize + x] / totals[y * inputSize + x], input, [
      height,
      width,
    ]);
    return Array.from({ length: height * width }, (_, i) => at(Math.floor(i / width), i % width));
  });
}

const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((value, i) => Math.abs(value - a[i])));

test.each([
  ["wide", 50, 21],
  ["tall", 20, 47],
  ["of the network's size", 33, 33],
  ["one pixel", 1, 1],
])("probabilities of a picture that is %s are those of SEC's demo", (_, width, height) => {
  const probabilities = pictureProbabilities(map, width, height);
  const expected = demo(width, height, [0, 1, 2, 3]);
  expect(probabilities).toHaveLength(expected.length);
  // float32 against float64.
  expect(distance(probabilities, expected)).toBeLessThan(2e-6);
});

test("restricted to some labels, only those compete", () => {
  const probabilities = pictureProbabilities(map, 20, 30, [0, 3]);
  expect(distance(probabilities, demo(20, 30, [0, 3]))).toBeLessThan(2e-6);
});

test("each pixel's probabilities sum to one, however large the scores", () => {
  const scores = map.scores.map((score) => 200 * score);
  const [width, height] = [41, 26];
  const probabilities = pictureProbabilities({ ...map, scores }, width, height);
  for (let i = 0; i < width * height; i++) {
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += probabilities[k * width * height + i];
    expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
  }
});

test("the score of place (i, j) rules pixel (8i, 8j)", () => {
  // One place of high score, at row 1, column 3.
  const scores = new Float32Array(2 * side * side);
  scores[side * side + side + 3] = 9;
  const probabilities = pictureProbabilities({ ...map, scores, classes: 2 }, inputSize, inputSize);
  const object = probabilities.subarray(inputSize ** 2);
  const highest = object.indexOf(Math.max(...object));
  expect([Math.floor(highest / inputSize), highest % inputSize]).toEqual([8, 24]);
  expect(object[highest]).toBeCloseTo(1 / (1 + Math.exp(-9)), 6);
  // At the neighbouring places it is even.
  expect(object[8 * inputSize + 16]).toBeCloseTo(0.5, 6);
});

test("the largest value wins, and the first of equals", () => {
  const values = Float32Array.of(0.2, 0.5, 0.1, 0.7, 0.5, 0.1, 0.1, 0, 0.8);
  expect([...argmax(values, 3, 3)]).toEqual([1, 0, 2]);
});
