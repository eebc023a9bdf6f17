/** Classification heads: from the last features [N, C, H, W] to logits [N, classes]. */
import { globalAveragePool, maxPool, type Node } from "../graph/index.ts";
import { normal } from "./initialize.ts";
import { flatten, type Net } from "./model.ts";

/** Builds logits [N, classes] from features [N, C, H, W]. */
export type Head = (net: Net, features: Node, classes: number, name?: string) => Node;

/**
 * A 1x1 convolution to the classes and global average pooling, with which Grad-CAM equals CAM.
 * The filters start small, N(0, 0.01²), as is usual on pretrained features.
 */
export const poolingHead: Head = (net, features, classes, name = "head") =>
  net.head(() =>
    globalAveragePool(
      net.conv(name, features, classes, {
        kernel: 1,
        activation: "none",
        initialize: normal(0.01),
      }),
    ),
  );

/**
 * The head of Simonyan & Zisserman 2015: pool5, fc6 and fc7 of 4096, fc8. Its dropout is left out:
 * with it, the masked pass would see another network than the one whose map it hides.
 */
export const fullyConnectedHead: Head = (net, features, classes) => {
  const pooled = net.layer("pool5", maxPool(features, { kernel: 2, stride: 2 }));
  const fc6 = net.dense("fc6", flatten(pooled), 4096);
  const fc7 = net.dense("fc7", fc6, 4096);
  return net.head(() => net.dense("fc8", fc7, classes, { activation: "none" }));
};
