/** Convolutions and their derivatives as tests of their algorithms compute them. */
import {
  type ConvOptions,
  conv,
  convFilterGrad,
  convInputGrad,
  convOutputSize,
  convWindow,
  input,
  type Node,
} from "../src/graph/index.ts";
import { Random } from "../src/random.ts";
import { type Shape, sizeOf } from "../src/shape.ts";

/**
 * A convolution and its two derivatives, each by what it gives.
 *
 * @param x  Shape of the image that is fed as "x", [N, C, H, W].
 * @param w  Shape of the filter that is fed as "w", [O, C / groups, kH, kW].
 * @returns  Of the derivatives the cotangent is fed as "g", [N, O, H', W'].
 */
export function convolutionOf(
  x: Shape,
  w: Shape,
  options: ConvOptions = {},
): { readonly feature: Node; readonly image: Node; readonly filter: Node } {
  const window = convWindow(options);
  const g = [x[0], w[0], ...convOutputSize(x, w.slice(2), window)];
  return {
    feature: conv(input("x", x), input("w", w), options),
    image: convInputGrad(input("g", g), input("w", w), window, x),
    filter: convFilterGrad(input("x", x), input("g", g), window, w),
  };
}

/** Normal values for the inputs that a node reads. */
export function feedsOf({ inputs }: Node): Record<string, Float32Array> {
  const random = new Random(1);
  const values = (shape: Shape) =>
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal());
  return Object.fromEntries(
    inputs.flatMap((operand) =>
      operand.op === "input" ? [[operand.attributes.name, values(operand.shape)] as const] : [],
    ),
  );
}
