/** The algorithms before there was a choice: what tuning is compared with. */
import {
  type Algorithm,
  type Choices,
  type ConvProblem,
  plainAlgorithm,
} from "../src/onnx/index.ts";
import type { Computation } from "../src/runtime/index.ts";
import { computationProblems } from "../src/runtime/program.ts";

/** Of every convolution of a computation, by key: no Winograd, no product of pixels. */
export function untunedChoices(computation: Computation): Choices {
  const problems = [...computationProblems(computation)];
  return new Map(problems.map(([key, problem]) => [key, untunedAlgorithm(problem)]));
}

/** There was one product over the columns of all images; one for each image came with the choice. */
function untunedAlgorithm(problem: ConvProblem): Algorithm {
  const plain = plainAlgorithm(problem);
  return plain === "images" ? "columns" : plain;
}
