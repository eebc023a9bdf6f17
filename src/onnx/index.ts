/** ONNX: what graphs are lowered to, and its files. */
export { LoweringError, lower } from "./lower.ts";
export {
  decodeOnnx,
  encodeOnnx,
  OnnxError,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./proto.ts";
