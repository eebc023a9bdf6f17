import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  attendViews,
  attentionFeatures,
  camMethodNames,
  type GradientView,
  isCamMethod,
  isGradientCam,
  maskedLogits,
  scoreCamMaps,
  scoredChannels,
  stackMaps,
} from "../../../src/gain/index.ts";
import { input, interpret, maxPool, type Node, relu } from "../../../src/graph/index.ts";
import { defineModel, torchvisionPreprocessing } from "../../../src/nn/index.ts";
import { flatten } from "../../../src/nn/model.ts";

interface Golden {
  readonly classes: number;
  readonly size: number;
  readonly images: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly logits: readonly number[];
  readonly cases: readonly {
    readonly layer: string;
    readonly method: string;
    /** [N, C, h, w]. */
    readonly shape: readonly number[];
    readonly maps: readonly number[];
  }[];
}

const { classes, size, images, parameters, logits, cases } = JSON.parse(
  readFileSync(new URL("golden.json", import.meta.url), "utf8"),
) as Golden;

/** The network of make.py. */
const model = defineModel({
  name: "golden",
  classes,
  inputSize: size,
  preprocessing: torchvisionPreprocessing,
  attentionLayer: "conv2",
  build: (net, x) => {
    const pool = (y: Node): Node => maxPool(y, { kernel: 2, stride: 2 });
    const conv2 = net.conv("conv2", pool(net.conv("conv1", x, 4)), 6);
    const conv3 = relu(net.conv("conv3", conv2, 5, { activation: "none" }));
    return net.dense("score", net.dense("fc", flatten(pool(conv3)), 8), classes, {
      activation: "none",
    });
  },
});
const feeds = { ...parameters, images };
test("the cases are of every method", () => {
  expect(new Set(cases.map(({ method }) => method))).toEqual(new Set(camMethodNames));
  const forward = model.forward(input("images", [2, 3, size, size]));
  expect([...interpret([forward.logits], feeds)[0]]).toEqual(
    logits.map((value) => expect.closeTo(value, 10)),
  );
});

test.each(cases)("$method at $layer is PyTorch's", ({ method, layer, shape, maps }) => {
  const name = isCamMethod(method) ? method : "grad-cam";
  const own = isGradientCam(name) ? gradientMaps(name, layer) : scoreMaps(layer, shape);
  // Score-CAM's activations and scores pass through float32, as between a machine and its caller.
  const digits = isGradientCam(name) ? 8 : 5;
  expect(scaled(own, shape)).toEqual(maps.map((value) => expect.closeTo(value, digits)));
});

/** [N, C, h, w]. */
function gradientMaps(method: GradientView["method"], layer: string): number[] {
  const { maps } = attendViews(model, 2, [{ method, layer }]);
  const stacked = stackMaps(maps[0]);
  const [c, n, height, width] = stacked.shape;
  const [values] = interpret([stacked], feeds);
  const plane = height * width;
  return Array.from({ length: n * c * plane }, (_, i) => {
    const [image, rest] = [Math.floor(i / (c * plane)), i % (c * plane)];
    return values[(Math.floor(rest / plane) * n + image) * plane + (rest % plane)];
  });
}

function scoreMaps(layer: string, [n, c, height, width]: readonly number[]): number[] {
  const plane = height * width;
  const pixels = 3 * size * size;
  return Array.from({ length: n }, (_, image) => {
    const picture = images.slice(image * pixels, (image + 1) * pixels);
    const own = { ...parameters, images: picture };
    const features = attentionFeatures(model.forward(input("images", [1, 3, size, size])), layer);
    const activations = Float32Array.from(interpret([features.toGrid(features.node)], own)[0]);
    const chosen = scoredChannels(activations, plane, Number.POSITIVE_INFINITY);
    const channels = Float32Array.from(
      chosen.flatMap((k) => [...activations.subarray(k * plane, (k + 1) * plane)]),
    );
    const masked = maskedLogits(model, chosen.length, [height, width]);
    const scores = Float32Array.from(interpret([masked], { ...own, channels: [...channels] })[0]);
    return [...scoreCamMaps(channels, scores, { plane, classes: c })];
  }).flat();
}

/** Each divided by its maximum. */
function scaled(maps: readonly number[], [n, c, height, width]: readonly number[]): number[] {
  const plane = height * width;
  return Array.from({ length: n * c }, (_, i) => {
    const map = maps.slice(i * plane, (i + 1) * plane);
    const high = Math.max(...map);
    return map.map((value) => (high === 0 ? 0 : value / high));
  }).flat();
}
