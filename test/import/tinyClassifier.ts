/** A small classifier as other tools export it: fixed batch, batch normalisation, softmax. */
import { encodeOnnx, type OnnxNode, type OnnxTensor } from "../../src/onnx/index.ts";
import { Random } from "../../src/random.ts";
import { sizeOf } from "../../src/shape.ts";

/** Outputs of the file's own head. */
export const outputs = 6;

export interface TinyClassifierOptions {
  /** An operator in place of the last ReLU. */
  readonly activation?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of a file: pictures [1, 3, 32, 32] to probabilities [1, 6]; its last maps are 8x8. */
export function tinyClassifier({
  activation = "Relu",
  metadata = {},
}: TinyClassifierOptions = {}): Uint8Array {
  const random = new Random(5);
  const weights = (name: string, shape: readonly number[], scale = 1, shift = 0): OnnxTensor => ({
    name,
    type: "float32",
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => shift + random.normal(0, scale)),
  });
  const node = (
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: OnnxNode["attributes"] = {},
  ): OnnxNode => ({ op, name: `/${output}/${op}`, inputs, outputs: [output], attributes });
  const conv = (stride: number, group = 1): OnnxNode["attributes"] => ({
    strides: { ints: [stride, stride] },
    pads: { ints: [1, 1, 1, 1] },
    group: { int: group },
  });
  return encodeOnnx({
    opset: 17,
    irVersion: 8,
    producer: "test",
    metadata,
    graph: {
      name: "tiny",
      inputs: [{ name: "pictures", type: "float32", shape: [1, 3, 32, 32] }],
      outputs: [{ name: "probabilities", type: "float32", shape: [1, outputs] }],
      nodes: [
        node("Conv", ["pictures", "stem.weight"], "stem", conv(2)),
        node("BatchNormalization", ["stem", "bn.weight", "bn.bias", "bn.mean", "bn.var"], "bn"),
        node("Clip", ["bn", "zero", "six"], "relu6"),
        node("Conv", ["relu6", "depthwise.weight", "depthwise.bias"], "depthwise", conv(2, 16)),
        node("Relu", ["depthwise"], "relu"),
        node("Conv", ["relu", "point.weight", "point.bias"], "point"),
        node(activation, ["point"], "features"),
        node("GlobalAveragePool", ["features"], "pool"),
        node("Reshape", ["pool", "shape"], "embedding"),
        node("Gemm", ["embedding", "fc.weight", "fc.bias"], "scores", { transB: { int: 1 } }),
        node("Softmax", ["scores"], "probabilities"),
      ],
      initializers: [
        weights("stem.weight", [16, 3, 3, 3], 0.3),
        weights("bn.weight", [16], 0.1, 1),
        weights("bn.bias", [16], 0.1, 0.2),
        weights("bn.mean", [16], 0.1),
        weights("bn.var", [16], 0.02, 1),
        weights("depthwise.weight", [16, 1, 3, 3], 0.4),
        weights("depthwise.bias", [16], 0.1, 0.1),
        weights("point.weight", [24, 16, 1, 1], 0.35),
        weights("point.bias", [24], 0.1, 0.1),
        weights("fc.weight", [outputs, 24], 0.3),
        weights("fc.bias", [outputs], 0.1),
        { name: "zero", type: "float32", shape: [], data: Float32Array.of(0) },
        { name: "six", type: "float32", shape: [], data: Float32Array.of(6) },
        { name: "shape", type: "int64", shape: [2], data: BigInt64Array.of(1n, 24n) },
      ],
    },
  });
}
