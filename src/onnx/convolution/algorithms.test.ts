import { describe, expect, test } from "vitest";
import { convolutionOf, feedsOf } from "../../../test/convolutions.ts";
import { relativeError } from "../../../test/relativeError.ts";
import { type ConvOptions, interpret, type Node } from "../../graph/index.ts";
import { runOnce } from "../../runtime/index.ts";
import type { Shape } from "../../shape.ts";
import { lower } from "../lower.ts";
import {
  type Algorithm,
  algorithmsFor,
  defaultAlgorithm,
  layoutOfAlgorithm,
  plainAlgorithm,
} from "./algorithms.ts";
import { type ConvProblem, convProblems } from "./problem.ts";

const nodesOf = (...convolution: Parameters<typeof convolutionOf>): Node[] =>
  Object.values(convolutionOf(...convolution));

function problemOfNode(node: Node): { key: string; problem: ConvProblem } {
  const [[key, problem]] = convProblems([node]);
  return { key, problem };
}

/** What each algorithm that can compute a node makes of it, against the interpreter. */
async function errorsOf(node: Node): Promise<Map<Algorithm, number>> {
  const feeds = feedsOf(node);
  const [expected] = interpret([node], feeds);
  const { key, problem } = problemOfNode(node);
  const errors = new Map<Algorithm, number>();
  for (const algorithm of algorithmsFor(problem)) {
    const results = await runOnce({ y: node }, feeds, new Map([[key, algorithm]]));
    const actual = results.get("y")?.data ?? [];
    expect(actual).toHaveLength(expected.length);
    errors.set(algorithm, relativeError(actual, expected));
  }
  return errors;
}

/** Relative to the norm. Measured on these cases: F(4x4) at most 9e-7, all others at most 4e-7. */
const toleranceOf = (algorithm: Algorithm): number => (algorithm === "winograd4" ? 2e-6 : 8e-7);

const far = { groups: 3, dilation: 8, padding: 8 } as const;
const uneven = { groups: 4, stride: 2, padding: [0, 0, 1, 1] } as const;
const unequal = { groups: 3, stride: [2, 3], dilation: [2, 3], padding: [1, 0, 3, 2] } as const;

describe("every algorithm that can compute a convolution or a derivative gives the same", () => {
  test.for<readonly [string, Shape, Shape, ConvOptions]>([
    ["3x3 on whole tiles", [2, 8, 16, 16], [12, 8, 3, 3], { padding: 1 }],
    ["3x3 on parts of tiles", [2, 6, 7, 13], [3, 6, 3, 3], {}],
    ["uneven pads", [3, 5, 9, 11], [4, 5, 3, 3], { padding: [1, 0, 2, 1] }],
    ["pads of two", [1, 3, 8, 8], [2, 3, 3, 3], { padding: 2 }],
    ["one pixel", [2, 4, 1, 1], [3, 4, 3, 3], { padding: 1 }],
    ["many channels", [1, 64, 28, 28], [64, 64, 3, 3], { padding: 1 }],
    ["1x1", [2, 6, 7, 5], [4, 6, 1, 1], {}],
    ["stride 2", [2, 3, 9, 8], [4, 3, 3, 3], { stride: 2, padding: 1 }],
    ["dilation", [2, 3, 9, 8], [4, 3, 3, 3], { dilation: 2, padding: 2 }],
    ["groups", [2, 4, 6, 5], [6, 2, 3, 3], { groups: 2, padding: 1 }],
    ["groups at stride 2", [2, 8, 7, 9], [6, 4, 3, 3], { groups: 2, padding: 1, stride: 2 }],
    ["1x1 at stride 2", [2, 3, 7, 6], [4, 3, 1, 1], { stride: 2 }],
    ["patches", [2, 3, 8, 8], [4, 3, 4, 4], { stride: 4 }],
    ["depthwise", [2, 4, 9, 8], [4, 1, 3, 3], { groups: 4, padding: 1 }],
    ["depthwise on one pixel", [3, 4, 1, 1], [4, 1, 3, 3], { groups: 4, padding: 1 }],
    ["depthwise 7x7", [2, 3, 7, 7], [3, 1, 7, 7], { groups: 3, padding: 3 }],
    ["depthwise at stride 2", [2, 4, 8, 9], [4, 1, 3, 3], { groups: 4, stride: 2, padding: 1 }],
    ["depthwise with uneven pads", [2, 4, 8, 8], [4, 1, 3, 3], uneven],
    ["depthwise, unequal in all", [2, 3, 13, 11], [3, 1, 5, 2], unequal],
    ["depthwise of two outputs", [2, 3, 9, 8], [6, 1, 3, 3], { groups: 3, stride: 2, padding: 1 }],
    ["depthwise beyond its map", [2, 3, 5, 20], [3, 1, 3, 3], far],
  ])("%s", async ([, x, w, options]) => {
    for (const node of nodesOf(x, w, options)) {
      for (const [algorithm, error] of await errorsOf(node)) {
        expect(error, `${node.op} by ${algorithm}`).toBeLessThan(toleranceOf(algorithm));
      }
    }
  });
});

describe("the choice", () => {
  const nodes = nodesOf([2, 64, 28, 28], [64, 64, 3, 3], { padding: 1 });

  test("is Winograd's for 3x3 filters of 64 channels and more, else one that sums as written", () => {
    const chosen = (list: readonly Node[]) =>
      list.map((node) => defaultAlgorithm(problemOfNode(node).problem));
    expect(chosen(nodes)).toEqual(["winograd4", "winograd4", "winograd4"]);
    const few = nodesOf([2, 32, 28, 28], [64, 32, 3, 3], { padding: 1 });
    expect(chosen(few)).toEqual(["direct", "direct", "images"]);
    const strided = nodesOf([2, 64, 28, 28], [64, 64, 3, 3], { padding: 1, stride: 2 });
    expect(chosen(strided)).toEqual(["direct", "transposed", "columns"]);
  });

  test("of depthwise convolutions is by planes, or by all pairs where planes are small", () => {
    const chosen = (images: number, size: number, stride: number, kernel = 3) =>
      nodesOf([images, 64, size, size], [64, 1, kernel, kernel], {
        ...{ groups: 64, stride, padding: kernel >> 1 },
      }).map((node) => defaultAlgorithm(problemOfNode(node).problem));
    expect(chosen(16, 56, 1)).toEqual(["direct", "direct", "planes"]);
    expect(chosen(16, 56, 2)).toEqual(["direct", "transposed", "planes"]);
    expect(chosen(16, 14, 1)).toEqual(["direct", "direct", "planes"]);
    expect(chosen(16, 14, 2)).toEqual(["direct", "transposed", "dense"]);
    expect(chosen(16, 7, 1)).toEqual(["dense", "dense", "dense"]);
    expect(chosen(1, 7, 1)).toEqual(["direct", "direct", "planes"]);
    expect(chosen(4, 7, 1, 7)).toEqual(["dense", "dense", "dense"]);
  });

  test("in groups of several channels is group by group", () => {
    const grouped = nodesOf([16, 64, 7, 7], [64, 4, 3, 3], { groups: 16, padding: 1 });
    const chosen = grouped.map((node) => defaultAlgorithm(problemOfNode(node).problem));
    expect(chosen).toEqual(["direct", "direct", "positions"]);
  });

  test("that is plain works on channels first, and forward it is Conv", () => {
    const depthwise = nodesOf([16, 64, 7, 7], [64, 1, 3, 3], { groups: 64, padding: 1 });
    for (const node of [...nodes, ...depthwise]) {
      const { problem } = problemOfNode(node);
      const plain = plainAlgorithm(problem);
      expect(layoutOfAlgorithm(problem, plain)).toBe("channelsFirst");
      if (node.op === "conv") expect(plain).toBe("direct");
    }
  });

  test("goes by what is given, and by default where that cannot compute the problem", () => {
    const [forward] = nodes;
    const { key } = problemOfNode(forward);
    const operators = (algorithm: Algorithm) =>
      lower({ y: forward }, { choices: new Map([[key, algorithm]]) }).graph.nodes.map(
        ({ op }) => op,
      );
    expect(operators("direct")).toEqual(["Conv"]);
    expect(operators("winograd2")).toContain("Gather");
    expect(operators("columns")).toEqual(operators("winograd4"));
  });
});
