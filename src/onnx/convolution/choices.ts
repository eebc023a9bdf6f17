/** One way to choose, for every convolution of a computation. */
import { type Node, simplify } from "../../graph/index.ts";
import type { Algorithm, Choices } from "./algorithms.ts";
import { type ConvProblem, convProblems } from "./problem.ts";

/** The algorithm that `choose` takes for each problem that the model of `outputs` will have. */
export function choicesFor(
  outputs: readonly Node[],
  choose: (problem: ConvProblem) => Algorithm,
): Choices {
  const problems = [...convProblems(simplify(outputs))];
  return new Map(problems.map(([key, problem]) => [key, choose(problem)]));
}
