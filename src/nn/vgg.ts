/** VGG16 (Simonyan & Zisserman 2015, configuration D), the network of GAIN's paper. */
import { maxPool, type Node } from "../graph/index.ts";
import { type Head, poolingHead } from "./head.ts";
import { defineModel, type Model, type Net } from "./model.ts";
import { caffePreprocessing, type ModelOptions } from "./options.ts";

/** Of each block: convolutions and their channels. */
const blocks: readonly (readonly [depth: number, channels: number])[] = [
  [2, 64],
  [2, 128],
  [3, 256],
  [3, 512],
  [3, 512],
];

export interface VggOptions extends ModelOptions {
  /** `poolingHead` by default; `fullyConnectedHead` is VGG's own. */
  readonly head?: Head;
}

/** VGG16 up to conv5_3 (14x14 at an input of 224) and a classification head. */
export function vgg16({ classes, inputSize = 224, head = poolingHead }: VggOptions): Model {
  return defineModel({
    name: "vgg16",
    classes,
    inputSize,
    preprocessing: caffePreprocessing,
    attentionLayer: "conv5_3",
    build: (net, images) => {
      const pool = (x: Node): Node => maxPool(x, { kernel: 2, stride: 2 });
      return head(net, vgg16Trunk(net, images, { pool }), classes);
    },
  });
}

/** From images to conv5_3. */
export function vgg16Trunk(net: Net, images: Node, { pool, lastDilation = 1 }: VggTrunk): Node {
  let x = images;
  blocks.forEach(([depth, channels], block) => {
    if (block > 0) x = net.layer(`pool${block}`, pool(x, block));
    const dilation = block === blocks.length - 1 ? lastDilation : 1;
    for (let i = 1; i <= depth; i++)
      x = net.conv(`conv${block + 1}_${i}`, x, channels, { dilation });
  });
  return x;
}

interface VggTrunk {
  /** The pool behind a block, counted from 1. */
  readonly pool: (x: Node, block: number) => Node;
  /** Of the last block's convolutions; 1 by default. */
  readonly lastDilation?: number;
}
