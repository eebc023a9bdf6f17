/** Convolutions by ONNX's own operators, on channels first. */
import type { ConvWindow } from "../../graph/index.ts";
import type { Shape } from "../../shape.ts";
import { type Attributes, type Emitter, int, ints } from "../emitter.ts";
import type { ConvProblem } from "./problem.ts";

const windowAttributes = ({ strides, pads, dilations, groups }: ConvWindow): Attributes => ({
  strides: ints(strides),
  pads: ints(pads),
  dilations: ints(dilations),
  group: int(groups),
});

/** Conv, with the bias inside when there is one. */
export function directConv(
  emitter: Emitter,
  { window }: ConvProblem,
  operands: readonly string[],
): string {
  return emitter.emit("Conv", operands, windowAttributes(window));
}

/** Zeros around the feature map that make the image gradient a convolution at stride 1. */
function turnedPads({ image, filter, feature, window }: ConvProblem): ConvWindow["pads"] {
  const full = [0, 1].map((axis) => window.dilations[axis] * (filter[2 + axis] - 1));
  const before = [full[0] - window.pads[0], full[1] - window.pads[1]];
  // Places that the forward convolution dropped at the end get zeros: pad up to the size wanted.
  const after = [0, 1].map(
    (axis) => image[2 + axis] + full[axis] - feature[2 + axis] - before[axis],
  );
  return [before[0], before[1], after[0], after[1]];
}

/** Whether the image gradient is a convolution of the feature map's with the filter turned. */
export function isTurnable(problem: ConvProblem): boolean {
  return (
    problem.window.strides.every((stride) => stride === 1) &&
    turnedPads(problem).every((n) => n >= 0)
  );
}

/**
 * A Conv with the filter turned by 180° and its channels swapped.
 *
 * @param operands  [g, w].
 */
export function directInputGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [g, w]: readonly string[],
): string {
  const window = { ...problem.window, pads: turnedPads(problem) };
  const turned = turnFilter(emitter, w, problem.filter, window.groups);
  return emitter.emit("Conv", [g, turned], windowAttributes(window));
}

/** ConvTranspose. @param operands  [g, w]. */
export function transposedInputGrad(
  emitter: Emitter,
  { image, filter, feature, window }: ConvProblem,
  operands: readonly string[],
): string {
  const { strides, pads, dilations } = window;
  const outputPadding = [0, 1].map(
    (axis) =>
      image[2 + axis] +
      pads[axis] +
      pads[axis + 2] -
      dilations[axis] * (filter[2 + axis] - 1) -
      1 -
      strides[axis] * (feature[2 + axis] - 1),
  );
  return emitter.emit("ConvTranspose", operands, {
    ...windowAttributes(window),
    output_padding: ints(outputPadding),
  });
}

/**
 * [O, C/G, kH, kW] to [C, O/G, kH, kW], turned by 180°. The turn is a product with the matrix that
 * reverses the kernel's places: a tenth of the time of Gather.
 */
function turnFilter(emitter: Emitter, w: string, filter: Shape, groups: number): string {
  const [output, channels, height, width] = filter;
  const size = height * width;
  let turned = w;
  if (size > 1) {
    const reversal = new Float32Array(size * size);
    for (let i = 0; i < size; i++) reversal[i * size + size - 1 - i] = 1;
    const rows = emitter.reshape(w, [output * channels, size]);
    turned = emitter.emit("MatMul", [rows, emitter.tensor(reversal, [size, size])]);
  }
  const grouped = emitter.reshape(turned, [groups, output / groups, channels, size]);
  const swapped = emitter.emit("Transpose", [grouped], { perm: ints([0, 2, 1, 3]) });
  return emitter.reshape(swapped, [groups * channels, output / groups, height, width]);
}
