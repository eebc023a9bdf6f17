/** ONNX: what graphs are lowered to, and its files. */
export {
  type Algorithm,
  algorithmsFor,
  type Choices,
  defaultAlgorithm,
  layoutOfAlgorithm,
  plainAlgorithm,
} from "./convolution/algorithms.ts";
export { choicesFor } from "./convolution/choices.ts";
export { type ConvProblem, convProblems, problemKey } from "./convolution/problem.ts";
export { LoweringError, type LowerOptions, lower } from "./lower.ts";
export {
  decodeOnnx,
  encodeOnnx,
  type OnnxAttribute,
  OnnxError,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./proto.ts";
export { recompute } from "./recompute.ts";
