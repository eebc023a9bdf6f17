/** What is timed to choose the algorithm of a convolution: one small program for each candidate. */
import {
  convFilterGrad,
  convInputGrad,
  input,
  makeNode,
  type Node,
  slice,
} from "../graph/index.ts";
import {
  type Algorithm,
  algorithmsFor,
  type ConvProblem,
  layoutOfAlgorithm,
  problemKey,
} from "../onnx/index.ts";
import type { ProgramSource } from "./machine.ts";
import { programSource } from "./program.ts";

export interface Candidate {
  readonly algorithm: Algorithm;
  readonly source: ProgramSource;
}

/**
 * A program for each algorithm that can compute the problem. All have the same inputs, in the
 * algorithm's own layout: in a chain of layers of one layout nobody reorders them.
 */
export function candidatesFor(problem: ConvProblem): Candidate[] {
  const key = problemKey(problem);
  // One element of the result, so that no time goes into copying it out.
  const corner = slice(nodeOf(problem), [0, 0, 0, 0], [1, 1, 1, 1]);
  return algorithmsFor(problem).map((algorithm) => ({
    algorithm,
    source: programSource({ outputs: { corner } }, new Map([[key, algorithm]]), {
      spatialFirstInputs: new Set(
        layoutOfAlgorithm(problem, algorithm) === "spatialFirst" ? ["image", "feature"] : [],
      ),
    }),
  }));
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
