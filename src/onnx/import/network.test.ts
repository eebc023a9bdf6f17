import { describe, expect, test } from "vitest";
import { input, interpret, topologicalOrder } from "../../graph/index.ts";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from "../proto.ts";
import { ImportedNetwork } from "./index.ts";

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode => ({ op, name: `the ${op}`, inputs, outputs, attributes });

const floats = (name: string, shape: readonly number[], values: readonly number[]): OnnxTensor => ({
  name,
  type: "float32",
  shape,
  data: Float32Array.from(values),
});

const integers = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  type: "int64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

const pictures: OnnxValue = { name: "x", type: "float32", shape: ["N", 3, 4, 4] };

function modelOf(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxTensor[] = [],
  inputs: readonly OnnxValue[] = [pictures],
): OnnxModel {
  const last = nodes[nodes.length - 1].outputs[0];
  return {
    opset: 17,
    irVersion: 8,
    producer: "test",
    metadata: {},
    graph: {
      name: "test",
      inputs,
      outputs: [{ name: last, type: "float32", shape: [] }],
      nodes,
      initializers,
    },
  };
}

const networkOf = (...parameters: Parameters<typeof modelOf>): ImportedNetwork =>
  new ImportedNetwork(modelOf(...parameters), "some.onnx");

describe("reading", () => {
  test("names every operator that has no derivative, and only those that the output needs", () => {
    const nodes = [
      node("NonMaxSuppression", ["x"], ["unused"]),
      node("TopK", ["x"], ["a"]),
      { ...node("Loop", ["a"], ["b"]), name: "" },
      node("Relu", ["b"], ["y"]),
    ];
    expect(() => networkOf(nodes).requireReadable(["y"])).toThrow(
      'some.onnx: must consist of operators that can be differentiated; 2 cannot be read: TopK "the TopK", Loop "b". Export the classifier alone, from pictures to class scores, without what comes before and behind it.',
    );
  });

  test("says to take the float model where it was quantised", () => {
    const network = networkOf([node("DequantizeLinear", ["x"], ["y"])]);
    expect(() => network.requireReadable(["y"])).toThrow("Use the model before it was quantised.");
  });

  test("says to take the exported model where ONNX Runtime optimised it", () => {
    const fused = { ...node("FusedConv", ["x"], ["y"]), domain: "com.microsoft" };
    expect(() => networkOf([fused]).requireReadable(["y"])).toThrow(
      'com.microsoft.FusedConv "the FusedConv". Use the model as it was exported, before ONNX Runtime optimised it.',
    );
  });

  test("refuses a model whose only input is not pictures", () => {
    const tokens: OnnxValue = { name: "ids", type: "int64", shape: ["N", 77] };
    expect(() => networkOf([node("Relu", ["ids"], ["y"])], [], [tokens])).toThrow(
      'some.onnx: must have one input, of pictures [N, 3, H, W] or [N, H, W, 3]; got "ids" [N, 77].',
    );
    expect(() => networkOf([node("Relu", ["x"], ["y"])], [], [pictures, tokens])).toThrow(
      'got "x" [N, 3, 4, 4], "ids" [N, 77].',
    );
  });

  test("takes float initializers of several elements as weights, and nothing else", () => {
    const nodes = [
      node("Mul", ["x", "scale"], ["a"]),
      node("Conv", ["a", "filter"], ["b"]),
      node("Clip", ["b", "low"], ["y"]),
    ];
    const network = networkOf(nodes, [
      floats("scale", [1], [2]),
      floats("filter", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
      floats("low", [], [0.5]),
      integers("sizes", [1, 2]),
    ]);
    expect([...network.weights.keys()]).toEqual(["filter"]);
  });
});

test("refuses operator sets before 11", () => {
  const old = { ...modelOf([node("Relu", ["x"], ["y"])]), opset: 9 };
  expect(() => new ImportedNetwork(old, "old.onnx")).toThrow(
    "old.onnx: must be of operator set 11 or later; got 9.",
  );
});

test("takes weights that an exporter left in Constant nodes", () => {
  const value = { value: { tensor: floats("", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]) } };
  const nodes = [node("Constant", [], ["w"], value), node("Conv", ["x", "w"], ["y"])];
  const network = networkOf(nodes);
  expect([...network.weights.keys()]).toEqual(["w"]);
  const { tensors } = network.trace(input("x", [1, 3, 4, 4]), { outputs: ["y"] });
  expect(tensors.get("y")?.inputs[1]).toBe(network.weights.get("w")?.node);
});

describe("tracing", () => {
  test("folds arithmetic on shapes away", () => {
    const nodes = [
      node("Shape", ["x"], ["shape"]),
      node("Gather", ["shape", "zero"], ["batch"], { axis: { int: 0 } }),
      node("Concat", ["batch", "rest"], ["target"], { axis: { int: 0 } }),
      node("Reshape", ["x", "target"], ["y"]),
    ];
    const network = networkOf(nodes, [integers("zero", [0]), integers("rest", [-1, 8])]);
    const { tensors } = network.trace(input("x", [5, 3, 4, 4]), { outputs: ["y"] });
    expect(tensors.get("y")).toMatchObject({ op: "reshape", shape: [5, 6, 8] });
  });

  test("puts the batch at hand in place of the one that the file was exported with", () => {
    const nodes = [
      node("Reshape", ["x", "tokens"], ["a"]),
      node("Transpose", ["a"], ["b"], { perm: { ints: [2, 0, 1] } }),
      node("Reshape", ["b", "heads"], ["c"]),
      node("Reshape", ["c", "back"], ["d"]),
      node("Transpose", ["d"], ["y"], { perm: { ints: [1, 0, 2] } }),
    ];
    const fixed: OnnxValue = { ...pictures, shape: [1, 3, 4, 4] };
    const initializers = [
      integers("tokens", [1, 6, 8]),
      // The batch and the heads of an attention layer are one axis.
      integers("heads", [8, 2, 3]),
      integers("back", [8, 1, 6]),
    ];
    const network = networkOf(nodes, initializers, [fixed]);
    const shapes = (batch: number): unknown[] => {
      const { tensors } = network.trace(input("x", [batch, 3, 4, 4]), { outputs: ["y"] });
      return ["a", "c", "y"].map((name) => tensors.get(name)?.shape);
    };
    expect(shapes(1)).toEqual([
      [1, 6, 8],
      [8, 2, 3],
      [1, 8, 6],
    ]);
    expect(shapes(5)).toEqual([
      [5, 6, 8],
      [8, 10, 3],
      [5, 8, 6],
    ]);
    const x = Float64Array.from({ length: 5 * 48 }, (_, i) => i);
    const resultOf = (images: Float64Array): number[] => {
      const { tensors } = network.trace(input("x", [images.length / 48, 3, 4, 4]), {
        outputs: ["y"],
      });
      const y = tensors.get("y");
      return y === undefined ? [] : [...interpret([y], { x: images })[0]];
    };
    const singly = [0, 1, 2, 3, 4].flatMap((i) => resultOf(x.slice(48 * i, 48 * (i + 1))));
    expect(resultOf(x)).toEqual(singly);
  });

  test("names the node and the sizes where a file takes pictures of another size only", () => {
    const network = networkOf([node("Reshape", ["x", "to"], ["y"])], [integers("to", [-1, 3, 25])]);
    expect(() => network.trace(input("x", [2, 3, 4, 4]), { outputs: ["y"] })).toThrow(
      'some.onnx: Reshape "the Reshape": must keep its 96 elements; the file says shape [-1, 3, 25] (operands [2, 3, 4, 4], [3]). The file was exported for pictures of one size: use that as inputSize, or export it with dynamic axes.',
    );
  });

  test("leaves the numbers of a preprocessing inside the model as they are", () => {
    const nodes = [
      node("Sub", ["x", "mean"], ["a"]),
      node("Conv", ["a", "filter"], ["b"]),
      node("Add", ["b", "shift"], ["y"]),
    ];
    const network = networkOf(nodes, [
      floats("mean", [3, 1, 1], [1, 2, 3]),
      floats("filter", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
      floats("shift", [2, 1, 1], [7, 8]),
    ]);
    const { tensors } = network.trace(input("x", [1, 3, 4, 4]), { outputs: ["y"] });
    expect(tensors.get("a")?.inputs[1].op).toBe("constant");
    expect(tensors.get("y")?.inputs[1].op).toBe("input");
  });

  test("names a tensor that nothing computes", () => {
    const network = networkOf([node("Conv", ["x", "lost"], ["y"])]);
    expect(() => network.trace(input("x", [1, 3, 4, 4]), { outputs: ["y"] })).toThrow(
      'some.onnx: tensor "lost" must be computed before it is read',
    );
  });

  test("refuses batch normalisation in the form for training", () => {
    const bn = { ...node("BatchNormalization", ["x", "s", "s", "s", "s"], ["y"]) };
    const network = networkOf(
      [{ ...bn, attributes: { training_mode: { int: 1 } } }],
      [floats("s", [3], [1, 2, 3])],
    );
    expect(() => network.trace(input("x", [1, 3, 4, 4]), { outputs: ["y"] })).toThrow(
      "must be in the form for inference; got the one for training",
    );
  });

  test("keeps a convolution that others read, so that its gradient has all paths", () => {
    const nodes = [
      node("Conv", ["x", "w"], ["a"]),
      node("BatchNormalization", ["a", "s", "s", "s", "v"], ["b"]),
      node("Add", ["a", "b"], ["y"]),
    ];
    const initializers = [
      floats("w", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
      floats("s", [2], [1, 2]),
      floats("v", [2], [1, 2]),
    ];
    const read = (all: readonly OnnxNode[]): boolean => {
      const network = networkOf(all, initializers);
      const last = all[all.length - 1].outputs[0];
      const { tensors } = network.trace(input("x", [1, 3, 4, 4]), { outputs: [last] });
      const [a, b] = [tensors.get("a"), tensors.get("b")];
      return a !== undefined && b !== undefined && topologicalOrder([b]).includes(a);
    };
    expect(read(nodes)).toBe(true);
    expect(read(nodes.slice(0, 2))).toBe(false);
  });

  test("reads weights of 16 bits", () => {
    // 1.5 and -2 as IEEE halves.
    const half: OnnxTensor = {
      name: "half",
      type: "float16",
      shape: [2],
      data: Uint16Array.of(0x3e00, 0xc000),
    };
    const network = networkOf([node("Add", ["x", "half"], ["y"])], [half]);
    expect([...(network.weights.get("half")?.data ?? [])]).toEqual([1.5, -2]);
  });
});

describe("removing strides", () => {
  test("leaves what a global pool gives as it is, such as squeeze and excitation", () => {
    const network = networkOf(
      [
        node("Conv", ["x", "w"], ["a"], { strides: { ints: [2, 2] } }),
        node("GlobalAveragePool", ["a"], ["b"]),
        node("Conv", ["b", "v"], ["c"]),
        node("Mul", ["a", "c"], ["y"]),
      ],
      [floats("w", [2, 3, 1, 1], [1, 2, 3, 4, 5, 6]), floats("v", [2, 2, 1, 1], [1, 2, 3, 4])],
    );
    const { tensors } = network.trace(input("x", [1, 3, 4, 4]), {
      outputs: ["y"],
      outputStride: 1,
    });
    expect(tensors.get("c")?.shape).toEqual([1, 2, 1, 1]);
    expect(tensors.get("y")?.shape).toEqual([1, 2, 4, 4]);
  });

  const filter = floats(
    "w",
    [3, 3, 3, 3],
    Array.from({ length: 81 }, (_, i) => Math.sin(i)),
  );
  const conv = (from: string, to: string, stride: number, pads: readonly number[]): OnnxNode =>
    node("Conv", [from, "w"], [to], {
      strides: { ints: [stride, stride] },
      pads: { ints: [...pads] },
      kernel_shape: { ints: [3, 3] },
    });
  const nodes = [
    conv("x", "a", 2, [1, 1, 1, 1]),
    // As TensorFlow pads at stride 2.
    conv("a", "b", 2, [0, 0, 1, 1]),
    conv("b", "c", 1, [1, 1, 1, 1]),
    node("MaxPool", ["c"], ["d"], { kernel_shape: { ints: [1, 1] }, strides: { ints: [2, 2] } }),
    conv("d", "y", 1, [1, 1, 1, 1]),
  ];
  const network = networkOf(nodes, [filter], [{ ...pictures, shape: ["N", 3, 16, 16] }]);
  const feeds = {
    x: Float64Array.from({ length: 768 }, (_, i) => Math.cos(i * i)),
    w: filter.data,
  };
  const featuresAt = (outputStride: number): { side: number; values: Float64Array } => {
    const trace = network.trace(input("x", [1, 3, 16, 16]), { outputs: ["y"], outputStride });
    const y = trace.tensors.get("y");
    if (y === undefined) throw new Error("no y");
    expect(trace.samplingOf(y)).toEqual({ stride: 8, density: 8 / outputStride });
    return { side: y.shape[3], values: interpret([y], feeds as never)[0] };
  };

  test.for([4, 2])("to %s gives the file's features at its own places", (outputStride) => {
    const own = featuresAt(8);
    const dense = featuresAt(outputStride);
    const density = 8 / outputStride;
    expect(dense.side).toBe(own.side * density);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < own.side; i++) {
        for (let j = 0; j < own.side; j++) {
          const expected = own.values[(c * own.side + i) * own.side + j];
          const at = (c * dense.side + i * density) * dense.side + j * density;
          expect(dense.values[at]).toBeCloseTo(expected, 10);
        }
      }
    }
  });
});
