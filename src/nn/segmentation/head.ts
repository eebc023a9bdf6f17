/** The head of DeepLab-LargeFOV (Chen et al. 2015), which SEC uses. */
import { averagePool, type Node } from "../../graph/index.ts";
import { type Initializer, normal } from "../initialize.ts";
import type { Net } from "../model.ts";

export interface LargeFovHeadOptions {
  readonly classes: number;
  /** Of fc6 and fc7. */
  readonly channels: number;
  /** Of fc6's 3x3 filters, places of the map. */
  readonly dilation: number;
  /** Whether fc6 and fc7 are new for every set of classes too, because no weights of them exist. */
  readonly isNew: boolean;
  /** Of the filters of fc6 and fc7; He's by default. */
  readonly initialize?: Initializer;
}

/**
 * From features [N, C, h, w] to scores [N, 1 + classes, h, w]: pool5a (average over 3x3), fc6
 * (3x3, dilated), fc7 (1x1), both with dropout of 0.5, and fc8 (1x1) from N(0, 0.01²).
 */
export function largeFovHead(
  net: Net,
  features: Node,
  { classes, channels, dilation, isNew, initialize }: LargeFovHeadOptions,
): Node {
  const pooled = net.layer("pool5a", averagePool(features, { kernel: 3, padding: 1 }));
  const filters = initialize && { initialize };
  const hidden = (): Node => {
    const fc6 = net.conv("fc6", pooled, channels, { dilation, ...filters });
    const fc7 = net.conv("fc7", net.dropout("fc6", fc6, 0.5), channels, { kernel: 1, ...filters });
    return net.dropout("fc7", fc7, 0.5);
  };
  const fc7 = isNew ? net.head(hidden) : hidden();
  return net.head(() =>
    net.conv("fc8", fc7, 1 + classes, {
      kernel: 1,
      activation: "none",
      initialize: normal(0.01),
    }),
  );
}
