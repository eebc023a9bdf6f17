/** The algorithms before there was a choice: what tuning is compared with. */
import { isTurnable } from "../src/onnx/convolution/direct.ts";
import {
  hasLargeColumns,
  isFarDilated,
  isShiftable,
} from "../src/onnx/convolution/filterGradient.ts";
import type { Algorithm, Choices, ConvProblem } from "../src/onnx/index.ts";
import type { Computation } from "../src/runtime/index.ts";
import { computationProblems } from "../src/runtime/program.ts";

/** Of every convolution of a computation, by key. */
export function untunedChoices(computation: Computation): Choices {
  const problems = [...computationProblems(computation)];
  return new Map(problems.map(([key, problem]) => [key, untunedAlgorithm(problem)]));
}

/** Stays as it is when `defaultAlgorithm` changes. */
function untunedAlgorithm(problem: ConvProblem): Algorithm {
  switch (problem.op) {
    case "conv":
      return "direct";
    case "convInputGrad":
      return isTurnable(problem) ? "direct" : "transposed";
    case "convFilterGrad":
      if (problem.window.groups > 1) return "positions";
      if (isFarDilated(problem)) return "overlaps";
      return isShiftable(problem) && hasLargeColumns(problem) ? "shifted" : "columns";
  }
}
