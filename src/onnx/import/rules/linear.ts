/** Convolution and matrix products. */
import { add, conv, matmul, mul, type Node, reshape, transpose } from "../../../graph/index.ts";
import type { OperatorCall } from "../call.ts";
import type { ImportRule } from "../types.ts";
import { windowOf } from "../windows.ts";
import { setSampling, withPlaneAxes } from "./spatial.ts";

/** Over one or two spatial axes. */
const importConv: ImportRule = (call) =>
  withPlaneAxes(call, call.tensor(0), (x) => {
    const weight = call.tensor(1);
    const [output, channels, ...kernel] = weight.shape;
    const [height, width] = kernel.length === 1 ? [1, kernel[0]] : kernel;
    const { strides, dilations, pads, sampling } = windowOf(call, x, [height, width]);
    const filter = reshape(weight, [output, channels, height, width]);
    const y = conv(x, filter, {
      stride: strides,
      dilation: dilations,
      padding: pads,
      groups: call.int("group", 1),
    });
    const bias = call.optional(2);
    return setSampling(
      call,
      bias === undefined ? y : add(y, reshape(bias, [1, output, 1, 1])),
      sampling,
    );
  });

/** α A B + β C, either matrix transposed first. */
function importGemm(call: OperatorCall): Node {
  const turned = (x: Node, flag: string): Node =>
    call.int(flag, 0) === 1 ? transpose(x, [1, 0]) : x;
  const product = matmul(turned(call.tensor(0), "transA"), turned(call.tensor(1), "transB"));
  const scaled = mul(product, call.float("alpha", 1));
  const addend = call.optional(2);
  return addend === undefined ? scaled : add(scaled, mul(addend, call.float("beta", 1)));
}

/** Vectors are rows on the left and columns on the right, whose axis is then dropped. */
function importMatMul(call: OperatorCall): Node {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  const left = a.shape.length === 1 ? reshape(a, [1, a.shape[0]]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.shape[0], 1]) : b;
  const product = matmul(left, right);
  const dropped = new Set<number>();
  if (a.shape.length === 1) dropped.add(product.shape.length - 2);
  if (b.shape.length === 1) dropped.add(product.shape.length - 1);
  return reshape(
    product,
    product.shape.filter((_, axis) => !dropped.has(axis)),
  );
}

export const linearRules: Readonly<Record<string, ImportRule>> = {
  Conv: importConv,
  Gemm: importGemm,
  MatMul: importMatMul,
};
