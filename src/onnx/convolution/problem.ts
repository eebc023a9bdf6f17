/**
 * A convolution, or one of its two derivatives, as the choice of an algorithm sees it: everything
 * that its speed depends on and nothing else.
 */
import { type ConvWindow, type Node, type NodeOf, topologicalOrder } from "../../graph/index.ts";
import type { Shape } from "../../shape.ts";

export type ConvOp = "conv" | "convInputGrad" | "convFilterGrad";

export type ConvNode = { [P in ConvOp]: NodeOf<P> }[ConvOp];

export interface ConvProblem {
  readonly op: ConvOp;
  /** Of the image, [N, C, H, W]. */
  readonly image: Shape;
  /** Of the filter, [O, C / groups, kH, kW]. */
  readonly filter: Shape;
  /** Of the feature map, [N, O, H', W']. */
  readonly feature: Shape;
  readonly window: ConvWindow;
}

export const isConvNode = (node: Node): node is ConvNode =>
  node.op === "conv" || node.op === "convInputGrad" || node.op === "convFilterGrad";

export function problemOf({ op, inputs, shape, attributes: window }: ConvNode): ConvProblem {
  const [first, second] = inputs.map((operand) => operand.shape);
  switch (op) {
    case "conv":
      return { op, image: first, filter: second, feature: shape, window };
    case "convInputGrad":
      return { op, image: shape, filter: second, feature: first, window };
    case "convFilterGrad":
      return { op, image: first, filter: shape, feature: second, window };
  }
}

/**
 * The problem in one line, such as `conv 2x64x224x224 128x64x3x3 stride 1,1 pads 1,1,1,1
 * dilation 1,1 groups 1`: equal for equal problems.
 */
export function problemKey({ op, image, filter, window }: ConvProblem): string {
  const { strides, pads, dilations, groups } = window;
  const shapes = `${image.join("x")} ${filter.join("x")}`;
  return `${op} ${shapes} stride ${strides} pads ${pads} dilation ${dilations} groups ${groups}`;
}

/** The distinct problems that `outputs` need, by key, in order of appearance. */
export function convProblems(outputs: readonly Node[]): Map<string, ConvProblem> {
  const problems = new Map<string, ConvProblem>();
  for (const node of topologicalOrder(outputs)) {
    if (!isConvNode(node)) continue;
    const problem = problemOf(node);
    problems.set(problemKey(problem), problem);
  }
  return problems;
}
