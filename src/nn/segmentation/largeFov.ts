/** DeepLab-LargeFOV on the trunks of the classification models: all of them at stride 8. */
import { maxPool, type Node } from "../../graph/index.ts";
import { normal } from "../initialize.ts";
import { caffePreprocessing } from "../options.ts";
import { smallnetPreprocessing, smallnetTrunk } from "../smallnet.ts";
import { squeezenetTrunk } from "../squeezenet.ts";
import { vgg16Trunk } from "../vgg.ts";
import { largeFovHead } from "./head.ts";
import {
  defineSegmentationModel,
  type SegmentationModel,
  type SegmentationOptions,
} from "./model.ts";

export interface LargeFovOptions extends SegmentationOptions {
  /** Channels of fc6 and fc7. */
  readonly headChannels?: number;
}

/** Padded, so that places of the pooled map lie on places of the map: 321, 161, 81, 41. */
const pool = (x: Node, stride: number): Node => maxPool(x, { kernel: 3, stride, padding: 1 });

/**
 * DeepLab-CRF-LargeFOV as SEC trains it: VGG16 with 3x3 pools, of which pool4 and pool5 have
 * stride 1, conv5 dilated by 2 and fc6 by 12. 321 pixels give 41 scores.
 */
export function vgg16LargeFov({
  classes,
  inputSize = 321,
  headChannels = 1024,
}: LargeFovOptions): SegmentationModel {
  const poolBehind = (x: Node, block: number): Node => pool(x, block <= 3 ? 2 : 1);
  return defineSegmentationModel({
    name: "vgg16_largefov",
    classes,
    inputSize,
    preprocessing: caffePreprocessing,
    build: (net, images) => {
      const features = vgg16Trunk(net, images, { pool: poolBehind, lastDilation: 2 });
      const pool5 = net.layer("pool5", poolBehind(features, 5));
      return largeFovHead(net, pool5, {
        classes,
        channels: headChannels,
        dilation: 12,
        isNew: false,
        // Where the weights have none: as fc8's, because conv5's features are not of order 1.
        initialize: normal(0.01),
      });
    },
  });
}

/**
 * SqueezeNet 1.1 at stride 8 with the same head. That has 256 channels: at 321 pixels the trunk takes
 * 1.4 G products an image, fc6 2.0 G, and with VGG's 1024 channels it would take 7.9 G.
 */
export function squeezenetLargeFov({
  classes,
  inputSize = 321,
  headChannels = 256,
}: LargeFovOptions): SegmentationModel {
  return defineSegmentationModel({
    name: "squeezenet1_1_largefov",
    classes,
    inputSize,
    preprocessing: caffePreprocessing,
    build: (net, images) =>
      largeFovHead(net, squeezenetTrunk(net, images, 8), {
        classes,
        channels: headChannels,
        dilation: 12,
        isNew: true,
        // The trunk's features are of order 10: He's filters would keep that up to the scores, and the
        // softmax would start saturated (seeding loss 3.0 where chance has 1.8).
        initialize: normal(0.01),
      }),
  });
}

/**
 * The small network for the sample data, with padded pools and a small head. At 113 pixels the map
 * is 15x15: fc6 is dilated by 4, which reaches as far across it as 12 does across 41.
 */
export function smallnetLargeFov({
  classes,
  inputSize = 113,
  headChannels = 64,
}: LargeFovOptions): SegmentationModel {
  return defineSegmentationModel({
    name: "smallnet_largefov",
    classes,
    inputSize,
    preprocessing: smallnetPreprocessing,
    build: (net, images) =>
      largeFovHead(
        net,
        smallnetTrunk(net, images, (x) => pool(x, 2)),
        {
          classes,
          channels: headChannels,
          dilation: 4,
          isNew: true,
        },
      ),
  });
}
