/** The algorithms before there was a choice: what tuning is compared with. */
import {
  type Algorithm,
  type Choices,
  type ConvProblem,
  choicesFor,
  plainAlgorithm,
} from "../src/onnx/index.ts";
import type { Computation } from "../src/runtime/index.ts";

/** Of every convolution of a computation, by key: no Winograd, no product of pixels. */
export function untunedChoices({ outputs, updates = {} }: Computation): Choices {
  return choicesFor([...Object.values(outputs), ...Object.values(updates)], untunedAlgorithm);
}

/** There was one product over the columns of all images; one for each image came with the choice. */
function untunedAlgorithm(problem: ConvProblem): Algorithm {
  const plain = plainAlgorithm(problem);
  return plain === "images" ? "columns" : plain;
}
