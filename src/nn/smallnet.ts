/** A small network for the sample data, trained from scratch within minutes on a laptop. */
import { maxPool, type Node } from "../graph/index.ts";
import { poolingHead } from "./head.ts";
import { defineModel, type Model, type Net, type Preprocessing } from "./model.ts";
import type { ModelOptions } from "./options.ts";

/** Six convolutions at strides 1, 2, 4, 4, 8, 8; an input of 112 gives maps of 14x14. */
export function smallnet({ classes, inputSize = 112 }: ModelOptions): Model {
  return defineModel({
    name: "smallnet",
    classes,
    inputSize,
    preprocessing: smallnetPreprocessing,
    attentionLayer: "conv6",
    build: (net, images) => {
      const pool = (x: Node): Node => maxPool(x, { kernel: 2, stride: 2 });
      return poolingHead(net, smallnetTrunk(net, images, pool), classes);
    },
  });
}

export const smallnetPreprocessing: Preprocessing = {
  channels: "rgb",
  mean: [127.5, 127.5, 127.5],
  deviation: [64, 64, 64],
};

/** From images to conv6, with a pool that halves the size thrice. */
export function smallnetTrunk(net: Net, images: Node, pool: (x: Node) => Node): Node {
  let x = pool(net.conv("conv1", images, 16));
  x = pool(net.conv("conv2", x, 32));
  x = net.conv("conv3", x, 64);
  x = pool(net.conv("conv4", x, 64));
  x = net.conv("conv5", x, 128);
  return net.conv("conv6", x, 128);
}
