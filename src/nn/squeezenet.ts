/** SqueezeNet 1.1 (Iandola et al. 2016). */
import { concat, maxPool, type Node } from "../graph/index.ts";
import { poolingHead } from "./head.ts";
import { defineModel, type Model, type Net } from "./model.ts";
import { caffePreprocessing, type ModelOptions } from "./options.ts";

/** Of each fire module: channels after squeezing, and after each of the two expansions. */
const fires: readonly (readonly [squeeze: number, expand: number])[] = [
  [16, 64],
  [16, 64],
  [32, 128],
  [32, 128],
  [48, 192],
  [48, 192],
  [64, 256],
  [64, 256],
];

/**
 * SqueezeNet 1.1 with a 1x1 convolution and global average pooling as head.
 *
 * Convolutions and pools are padded, so that an input of 224 gives maps of exactly 14x14 (stride
 * 16) whose places lie centred on the picture; Caffe's are not, and give 13x13. Weights are the
 * same.
 */
export function squeezenet({ classes, inputSize = 224 }: ModelOptions): Model {
  return defineModel({
    name: "squeezenet1_1",
    classes,
    inputSize,
    preprocessing: caffePreprocessing,
    attentionLayer: "fire9",
    build: (net, images) => poolingHead(net, squeezenetTrunk(net, images), classes),
  });
}

/**
 * From images to fire9. At an output stride of 8 the last pool keeps the size and the convolutions
 * behind it are dilated instead, so that each filter sees what it was trained on.
 */
export function squeezenetTrunk(net: Net, images: Node, outputStride: 8 | 16 = 16): Node {
  const pool = (x: Node, stride: number): Node => maxPool(x, { kernel: 3, stride, padding: 1 });
  const step = outputStride === 8 ? 2 : 1;
  let x = pool(net.conv("conv1", images, 64, { stride: 2 }), 2);
  fires.forEach(([squeeze, expand], i) => {
    x = fire(net, `fire${i + 2}`, x, squeeze, expand, i > 3 ? step : 1);
    if (i === 1) x = pool(x, 2);
    if (i === 3) x = pool(x, 2 / step);
  });
  return x;
}

function fire(
  net: Net,
  name: string,
  x: Node,
  squeeze: number,
  expand: number,
  dilation: number,
): Node {
  const squeezed = net.conv(`${name}.squeeze1x1`, x, squeeze, { kernel: 1 });
  const parts = [
    net.conv(`${name}.expand1x1`, squeezed, expand, { kernel: 1 }),
    net.conv(`${name}.expand3x3`, squeezed, expand, { dilation }),
  ];
  return net.layer(name, concat(parts, 1));
}
