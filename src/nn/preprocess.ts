/** Preprocessing as part of a graph, for models that take pixels as they are decoded. */
import { concat, constant, div, type Node, slice, sub } from "../graph/index.ts";
import type { Preprocessing } from "./model.ts";

/** Of a model that takes RGB pixels as they are. */
export const noPreprocessing: Preprocessing = {
  channels: "rgb",
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

/**
 * Pixels as a model wants them.
 *
 *   x = (value − mean) / deviation, channels in the order of `channels`
 *
 * @param pixels  RGB, [N, 3, H, W], in 0..255.
 * @returns       [N, 3, H, W].
 */
export function preprocess(pixels: Node, { channels, mean, deviation }: Preprocessing): Node {
  const ordered = channels === "rgb" ? pixels : reversedChannels(pixels);
  const centered = mean.every((value) => value === 0)
    ? ordered
    : sub(ordered, constant(mean, [1, 3, 1, 1]));
  return deviation.every((value) => value === 1)
    ? centered
    : div(centered, constant(deviation, [1, 3, 1, 1]));
}

function reversedChannels(x: Node): Node {
  const [n, channels, height, width] = x.shape;
  const planes = Array.from({ length: channels }, (_, c) =>
    slice(x, [0, channels - 1 - c, 0, 0], [n, 1, height, width]),
  );
  return concat(planes, 1);
}
