/** VGG16 (Simonyan & Zisserman 2015, configuration D), the network of GAIN's paper. */
import { maxPool } from "../graph/index.ts";
import { type Head, poolingHead } from "./head.ts";
import { defineModel, type Model } from "./model.ts";
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
      let x = images;
      blocks.forEach(([depth, channels], block) => {
        if (block > 0) x = net.layer(`pool${block}`, maxPool(x, { kernel: 2, stride: 2 }));
        for (let i = 1; i <= depth; i++) x = net.conv(`conv${block + 1}_${i}`, x, channels);
      });
      return head(net, x, classes);
    },
  });
}
