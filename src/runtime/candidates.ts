/** What is timed to choose the algorithm of a convolution: one small program for each candidate. */
import {
  convFilterGrad,
  convInputGrad,
  input,
  makeNode,
  type Node,
  reshape,
  slice,
} from "../graph/index.ts";
import {
  type Algorithm,
  algorithmsFor,
  type ConvProblem,
  defaultAlgorithm,
  layoutOfAlgorithm,
  problemKey,
} from "../onnx/index.ts";
import { sizeOf } from "../shape.ts";
import type { ProgramSource } from "./machine.ts";
import { programSource } from "./program.ts";

export interface Candidate {
  readonly algorithm: Algorithm;
  readonly source: ProgramSource;
}

/**
 * A program for each algorithm that can compute the problem. All have the same inputs, in the layout
 * of the default algorithm, as its neighbours would give them: one of another layout reorders them.
 */
export function candidatesFor(problem: ConvProblem): Candidate[] {
  const key = problemKey(problem);
  const isLast = layoutOfAlgorithm(problem, defaultAlgorithm(problem)) === "spatialFirst";
  const spatialFirstInputs = new Set(isLast ? ["image", "feature"] : []);
  const corner = cornerOf(nodeOf(problem), isLast);
  return algorithmsFor(problem).map((algorithm) => ({
    algorithm,
    source: programSource({ outputs: { corner } }, new Map([[key, algorithm]]), {
      spatialFirstInputs,
    }),
  }));
}

/**
 * One element of the result, so that no time goes into copying it out. Of what has been laid flat, so
 * that the result has to be channels first, unless neighbours want it in any layout.
 */
function cornerOf(result: Node, isAnyLayout: boolean): Node {
  const { shape } = result;
  const ones = (rank: number): number[] => Array<number>(rank).fill(1);
  if (isAnyLayout) return slice(result, [0, 0, 0, 0], ones(4));
  return slice(reshape(result, [shape[0], sizeOf(shape.slice(1))]), [0, 0], ones(2));
}

/** The convolution alone, its operands being inputs. */
function nodeOf({ op, window, ...shapes }: ConvProblem): Node {
  const image = input("image", shapes.image);
  const filter = input("filter", shapes.filter);
  const feature = input("feature", shapes.feature);
  switch (op) {
    case "conv":
      return makeNode("conv", [image, filter], window, shapes.feature);
    case "convInputGrad":
      return convInputGrad(feature, filter, window, shapes.image);
    case "convFilterGrad":
      return convFilterGrad(image, feature, window, shapes.filter);
  }
}
