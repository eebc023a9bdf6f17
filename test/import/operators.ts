/** Small ONNX models of one operator each, as exporters write them. */
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from "../../src/onnx/index.ts";
import { Random } from "../../src/random.ts";
import { sizeOf } from "../../src/shape.ts";

export const int = (value: number): OnnxAttribute => ({ int: value });
export const ints = (...values: number[]): OnnxAttribute => ({ ints: values });
export const float = (value: number): OnnxAttribute => ({ float: value });
export const text = (value: string): OnnxAttribute => ({ string: value });

/** An operand beside the first one. */
export type Operand =
  | { readonly shape: readonly number[]; readonly draw?: "normal" | "positive" }
  | { readonly floats: readonly number[]; readonly shape?: readonly number[] }
  | { readonly integers: readonly number[]; readonly shape?: readonly number[] }
  | { readonly booleans: readonly number[] }
  | undefined;

export interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly opset?: number;
  /** Of the pictures; [2, 3, 7, 6] by default. */
  readonly pictures?: readonly number[];
  /** To which the pictures are reshaped before the operator. */
  readonly reshape?: readonly number[];
  /** Applied to the pictures, so that the operator sees positive numbers. */
  readonly isPositive?: boolean;
  readonly operands?: readonly Operand[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Number of results, all compared; 1 by default. */
  readonly results?: number;
  /** Whether the pictures are the operator's second operand. */
  readonly isSecond?: boolean;
}

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: OnnxNode["attributes"] = {},
): OnnxNode => ({ op, name: `${op} of ${inputs[0]}`, inputs, outputs, attributes });

/** A model from `x` to `y0`, `y1` and so on. */
export function modelOf(operator: OperatorCase): OnnxModel {
  const { op, opset = 17, pictures = [2, 3, 7, 6], operands = [], attributes = {} } = operator;
  const random = new Random(7).fork(operator.name);
  const initializers: OnnxTensor[] = [];
  const nodes: OnnxNode[] = [];
  let x = "x";
  const step = (next: OnnxNode): void => {
    nodes.push(next);
    [x] = next.outputs;
  };
  if (operator.isPositive) {
    step(node("Abs", [x], ["absolute"]));
    initializers.push(floats("tenth", [0.1], []));
    step(node("Add", [x, "tenth"], ["positive"]));
  }
  if (operator.reshape !== undefined) {
    initializers.push(integers("target", operator.reshape));
    step(node("Reshape", [x, "target"], ["reshaped"]));
  }
  const others = operands.map((operand, i) => {
    if (operand === undefined) return "";
    const name = `w${i + 1}`;
    if ("booleans" in operand) {
      const data = Uint8Array.from(operand.booleans);
      initializers.push({ name, type: "bool", shape: [data.length], data });
    } else if ("integers" in operand)
      initializers.push(integers(name, operand.integers, operand.shape));
    else if ("floats" in operand) initializers.push(floats(name, operand.floats, operand.shape));
    else {
      const values = Array.from({ length: sizeOf(operand.shape) }, () =>
        operand.draw === "positive" ? 0.2 + random.uniform() : random.normal(),
      );
      initializers.push(floats(name, values, operand.shape));
    }
    return name;
  });
  const results = Array.from({ length: operator.results ?? 1 }, (_, i) => `y${i}`);
  const inputs = operator.isSecond ? [others[0], x, ...others.slice(1)] : [x, ...others];
  nodes.push(node(op, inputs, results, attributes));
  return {
    opset,
    irVersion: 8,
    producer: "test",
    metadata: {},
    graph: {
      name: operator.name,
      inputs: [{ name: "x", type: "float32", shape: pictures }],
      // ONNX Runtime finds the shapes itself.
      outputs: results.map((name) => ({ name, type: "float32", shape: [] })),
      nodes,
      initializers,
    },
  };
}

const integers = (
  name: string,
  values: readonly number[],
  shape = [values.length] as readonly number[],
): OnnxTensor => ({
  name,
  type: "int64",
  shape,
  data: BigInt64Array.from(values, BigInt),
});

const floats = (
  name: string,
  values: readonly number[],
  shape = [values.length] as readonly number[],
): OnnxTensor => ({
  name,
  type: "float32",
  shape,
  data: Float32Array.from(values),
});
