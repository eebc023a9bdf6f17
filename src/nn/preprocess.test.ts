import { expect, test } from "vitest";
import { input, interpret } from "../graph/index.ts";
import { caffePreprocessing, torchvisionPreprocessing } from "./options.ts";
import { noPreprocessing, preprocess } from "./preprocess.ts";

const pixels = Float64Array.from({ length: 2 * 3 * 2 * 2 }, (_, i) => (37 * i) % 256);
const images = input("images", [2, 3, 2, 2]);

test.each([
  ["caffe", caffePreprocessing],
  ["torchvision", torchvisionPreprocessing],
] as const)("is (value − mean) / deviation of each channel, as %s has it", (_, preprocessing) => {
  const { channels, mean, deviation } = preprocessing;
  const [result] = interpret([preprocess(images, preprocessing)], { images: pixels });
  const expected = pixels.map((_value, i) => {
    const [n, c, place] = [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4];
    const source = channels === "rgb" ? c : 2 - c;
    return (pixels[12 * n + 4 * source + place] - mean[c]) / deviation[c];
  });
  expect(result).toEqual(expected);
});

test("no preprocessing leaves the graph as it is", () => {
  expect(preprocess(images, noPreprocessing)).toBe(images);
});
