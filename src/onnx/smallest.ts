/** The node that is cheapest to hold, copy or touch. */
import type { Node } from "../graph/index.ts";
import { sizeOf } from "../shape.ts";

/** The node with the fewest elements; the first of equals. */
export const smallest = <T extends Pick<Node, "shape">>(nodes: readonly T[]): T | undefined =>
  nodes.toSorted((a, b) => sizeOf(a.shape) - sizeOf(b.shape)).at(0);
