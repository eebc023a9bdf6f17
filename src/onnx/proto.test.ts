import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import {
  decodeOnnx,
  type ElementType,
  encodeOnnx,
  type OnnxAttribute,
  OnnxError,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
} from "./proto.ts";

const emptyGraph: OnnxGraph = { name: "g", inputs: [], outputs: [], nodes: [], initializers: [] };

function modelOf(graph: Partial<OnnxGraph>): OnnxModel {
  return {
    opset: 17,
    irVersion: 8,
    producer: "test",
    metadata: {},
    graph: { ...emptyGraph, ...graph },
  };
}

function tensor<A extends OnnxTensor["data"]>(
  type: ElementType,
  values: fc.Arbitrary<A>,
): fc.Arbitrary<OnnxTensor> {
  return fc.record({ name: fc.string(), data: values }).map(({ name, data }) => ({
    name,
    type,
    shape: data.length % 2 === 0 ? [2, data.length / 2] : [data.length],
    data,
  }));
}

const tensors: fc.Arbitrary<OnnxTensor> = fc.oneof(
  tensor("float32", fc.float32Array()),
  tensor("float64", fc.float64Array()),
  tensor("int64", fc.bigInt64Array()),
  tensor("uint64", fc.bigUint64Array()),
  tensor("int32", fc.int32Array()),
  tensor("int8", fc.int8Array()),
  tensor("bool", fc.uint8Array({ max: 1 })),
  tensor("float16", fc.uint16Array()),
);

const float32 = fc.float({ noNaN: true });

const attributes: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  fc.record({ float: float32 }),
  fc.record({ int: fc.maxSafeInteger() }),
  fc.record({ string: fc.string({ unit: "grapheme" }) }),
  fc.record({ tensor: tensors }),
  fc.record({ floats: fc.array(float32) }),
  fc.record({ ints: fc.array(fc.maxSafeInteger()) }),
  fc.record({ strings: fc.array(fc.string({ unit: "grapheme" })) }),
  fc.record({ tensors: fc.array(tensors, { maxLength: 3 }) }),
  fc.record({
    graph: fc.array(tensors, { maxLength: 2 }).map((list) => ({
      ...emptyGraph,
      initializers: list,
    })),
  }),
);

const names = fc.string({ unit: "grapheme", minLength: 1 });

const values = fc.record({
  name: fc.string(),
  type: fc.constantFrom<ElementType>("float32", "int64", "bool"),
  shape: fc.array(fc.oneof(fc.nat(), fc.constantFrom("N", "height", "")), { maxLength: 4 }),
});

const nodes = fc.record({
  op: names,
  name: fc.string(),
  inputs: fc.array(fc.string()),
  outputs: fc.array(fc.string()),
  attributes: fc.dictionary(names, attributes, { maxKeys: 4, noNullPrototype: true }),
});

const models: fc.Arbitrary<OnnxModel> = fc.record({
  opset: fc.nat(),
  domains: fc.constant({ "com.example": 1 }),
  irVersion: fc.nat(),
  producer: fc.string(),
  metadata: fc.dictionary(names, fc.string(), { noNullPrototype: true }),
  graph: fc.record({
    name: fc.string(),
    inputs: fc.array(values, { maxLength: 3 }),
    outputs: fc.array(values, { maxLength: 3 }),
    nodes: fc.array(nodes, { maxLength: 4 }),
    initializers: fc.array(tensors, { maxLength: 4 }),
  }),
});

test("decoding an encoded model gives the model back", () => {
  fc.assert(
    fc.property(models, (model) => {
      expect(decodeOnnx(encodeOnnx(model))).toEqual(model);
    }),
    { seed: 1, numRuns: 100 },
  );
});

test("an encoded Conv and Relu run in ONNX Runtime", async () => {
  const bytes = encodeOnnx(
    modelOf({
      inputs: [{ name: "x", type: "float32", shape: ["N", 1, 3, 3] }],
      outputs: [{ name: "y", type: "float32", shape: ["N", 1, "", 2] }],
      nodes: [
        {
          op: "Conv",
          name: "conv",
          inputs: ["x", "w", "b"],
          outputs: ["c"],
          attributes: { kernel_shape: { ints: [2, 2] } },
        },
        { op: "Relu", name: "relu", inputs: ["c"], outputs: ["y"], attributes: {} },
      ],
      initializers: [
        { name: "w", type: "float32", shape: [1, 1, 2, 2], data: Float32Array.of(1, 0, 0, -1) },
        { name: "b", type: "float32", shape: [1], data: Float32Array.of(5) },
      ],
    }),
  );
  const session = await InferenceSession.create(bytes);
  const x = new Tensor("float32", Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 19), [1, 1, 3, 3]);
  const { y } = await session.run({ x });
  expect([...(y.data as Float32Array)]).toEqual([1, 1, 1, 0]);
  await session.release();
});

test("raw aligned initializers are views of the file, others are aligned copies", () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const bytes = encodeOnnx(
    modelOf({ initializers: [{ name: "w", type: "float32", shape: [4], data }] }),
  );
  const kinds = [0, 1, 2, 3].map((offset) => {
    const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
    shifted.set(bytes);
    const [read] = decodeOnnx(shifted).graph.initializers;
    expect(read.data).toEqual(data);
    return read.data.buffer === shifted.buffer;
  });
  expect(kinds.filter((isView) => isView)).toHaveLength(1);
});

test("values in typed fields are read like raw ones", () => {
  // Field 5 of the graph: dims 3, an element type, the name "w", then one packed typed field.
  const read = (type: number, field: number, packed: readonly number[]): OnnxTensor => {
    const name = [8 * 8 + 2, 1, "w".charCodeAt(0)];
    const content = [8, 3, 16, type, 8 * field + 2, packed.length, ...packed, ...name];
    const graph = [5 * 8 + 2, content.length, ...content];
    const file = [8, 8, 7 * 8 + 2, graph.length, ...graph, 8 * 8 + 2, 2, 16, 17];
    return decodeOnnx(Uint8Array.from(file)).graph.initializers[0];
  };
  const minusOne = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
  const floats = [...new Uint8Array(Float32Array.of(1, -2, 0.5).buffer)];
  const doubles = [...new Uint8Array(Float64Array.of(1, -2, 0.5).buffer)];
  expect(read(1, 4, floats).data).toEqual(Float32Array.of(1, -2, 0.5));
  expect(read(11, 10, doubles).data).toEqual(Float64Array.of(1, -2, 0.5));
  expect(read(7, 7, [1, ...minusOne, 2]).data).toEqual(BigInt64Array.of(1n, -1n, 2n));
  expect(read(6, 5, [1, ...minusOne, 2]).data).toEqual(Int32Array.of(1, -1, 2));
  expect(read(9, 5, [1, 0, 1]).data).toEqual(Uint8Array.of(1, 0, 1));
  expect(read(12, 11, [1, 0, 3]).data).toEqual(Uint32Array.of(1, 0, 3));
  expect(read(13, 11, [1, ...minusOne, 3]).data).toEqual(BigUint64Array.of(1n, 2n ** 64n - 1n, 3n));
});

test("the largest 64-bit integer survives as an attribute", () => {
  const ends: OnnxAttribute = { ints: [2 ** 63, -(2 ** 63)] };
  const node = { op: "Slice", name: "", inputs: [], outputs: [], attributes: { ends } };
  const once = encodeOnnx(modelOf({ nodes: [node] }));
  expect(encodeOnnx(decodeOnnx(once))).toEqual(once);
  expect(decodeOnnx(once).graph.nodes[0].attributes).toEqual({ ends });
});

test("a truncated file is an error that names it", () => {
  const bytes = encodeOnnx(
    modelOf({
      initializers: [{ name: "w", type: "float32", shape: [9], data: new Float32Array(9) }],
    }),
  );
  for (let size = 0; size < bytes.length; size++) {
    expect(() => decodeOnnx(bytes.subarray(0, size), "net.onnx")).toThrow(/^net\.onnx: must be a/);
  }
});

test("a file of another format is an error that names it and the cure", () => {
  expect(() => decodeOnnx(new TextEncoder().encode("hello"), "net.onnx")).toThrow(
    "net.onnx: must be a whole ONNX model (",
  );
  expect(() => decodeOnnx(new Uint8Array(), "net.onnx")).toThrow(
    new OnnxError(
      "net.onnx: must be a whole ONNX model; got a file without IR version, graph, operator set. " +
        "The file may be truncated or of another format: export or download it again.",
    ),
  );
});

test("data that does not fit its tensor is refused before writing", () => {
  const wrong = (type: ElementType, data: OnnxTensor["data"]): (() => Uint8Array) => {
    return () => encodeOnnx(modelOf({ initializers: [{ name: "w", type, shape: [2], data }] }));
  };
  expect(wrong("int64", new Float32Array(2))).toThrow(
    new OnnxError(
      'encodeOnnx: data of tensor "w" must be a BigInt64Array for type int64; got a Float32Array.',
    ),
  );
  expect(wrong("float32", new Float32Array(3))).toThrow(
    new OnnxError('encodeOnnx: data of tensor "w" must have 2 elements for shape [2]; got 3.'),
  );
});

const mobilenet = "../shared/weights/mobilenet_v2.onnx";

test.skipIf(!existsSync("../shared"))("a model of another exporter decodes whole", () => {
  const model = decodeOnnx(readFileSync(mobilenet), mobilenet);
  expect(model.opset).toBe(17);
  expect(model.graph.inputs[0].shape.slice(1)).toEqual([3, 224, 224]);
  expect(model.graph.nodes.filter((node) => node.op === "Conv")).toHaveLength(52);
});
