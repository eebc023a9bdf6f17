/**
 * The pixels of an image that the places of a kernel meet, and zeros where they meet the padding.
 *
 * Where the kernel moves by a stride they are taken from a phase of the image: every s-th row and
 * column. Split parts an image into its phases at the cost of two copies; a Slice with a step takes ten
 * times as long for each pixel.
 */
import type { Shape } from "../../shape.ts";
import { type Emitter, int } from "../emitter.ts";
import type { ConvProblem } from "./problem.ts";

/** An image in memory, [A, B, H, W], where A and B are images and channels or the reverse. */
export interface ImageValue {
  readonly name: string;
  readonly shape: Shape;
}

/** Pixels along one axis, a stride apart. */
export interface Run {
  /** The first one; in the padding where it is negative. */
  readonly start: number;
  readonly count: number;
}

/** For each place of the kernel, the pixels that it meets: [A, B, H', W']. */
export function kernelPlanes(emitter: Emitter, problem: ConvProblem, image: ImageValue): string[] {
  const { pads, strides } = problem.window;
  // Without a stride all places read one padded image; with one, each pads what it takes of a phase.
  const [top, left, bottom, right] = strides.some((n) => n > 1) ? [0, 0, 0, 0] : pads;
  const [a, b, height, width] = image.shape;
  const source = {
    name: padImage(emitter, image.name, [top, left, bottom, right]),
    shape: [a, b, top + height + bottom, left + width + right],
  };
  const moved = (runs: readonly Run[], by: number): Run[] =>
    runs.map(({ start, count }) => ({ start: start + by, count }));
  const columns = moved(placeRuns(problem, 1), left);
  return moved(placeRuns(problem, 0), top).flatMap((row) =>
    columns.map((column) => pixelsOf(emitter, problem, source, row, column)),
  );
}

/** For each place of the kernel along an axis, the pixels that it meets. */
export function placeRuns({ filter, feature, window }: ConvProblem, axis: 0 | 1): Run[] {
  return Array.from({ length: filter[2 + axis] }, (_, place) => ({
    start: place * window.dilations[axis] - window.pads[axis],
    count: feature[2 + axis],
  }));
}

/** The pixels of these rows and columns, [A, B, rows, columns]. */
export function pixelsOf(
  emitter: Emitter,
  problem: ConvProblem,
  image: ImageValue,
  ...runs: readonly [rows: Run, columns: Run]
): string {
  const { strides } = problem.window;
  const { name, size } = phaseOf(emitter, problem, image, [
    modulo(runs[0].start, strides[0]),
    modulo(runs[1].start, strides[1]),
  ]);
  const pads = runs.map(({ start, count }, axis) => {
    // Of what meets no pixel at all, all is cut off and as many zeros put there.
    const first = Math.floor(start / strides[axis]);
    const before = Math.min(count, Math.max(-size[axis], -first));
    return { before, after: count - size[axis] - before };
  });
  const amounts = [...pads.map(({ before }) => before), ...pads.map(({ after }) => after)];
  const isCut = amounts.every((n) => n <= 0) && amounts.some((n) => n < 0);
  if (!isCut) return padImage(emitter, name, amounts);
  // Of small planes it is faster than Pad with what is negative.
  const starts = pads.map(({ before }) => -before);
  const bounds = [starts, starts.map((n, axis) => n + runs[axis].count), [2, 3]];
  return emitter.emit("Slice", [name, ...bounds.map((values) => emitter.integers(values))]);
}

/** Zeros around an image, [top, left, bottom, right]; where negative, rows or columns are cut off. */
export function padImage(emitter: Emitter, x: string, pads: readonly number[]): string {
  if (pads.every((n) => n === 0)) return x;
  const [top, left, bottom, right] = pads;
  const amounts = emitter.integers([0, 0, top, left, 0, 0, bottom, right]);
  return emitter.emit("Pad", [x, amounts, emitter.scalar(0)]);
}

/** Every s-th row from `row` on, and every s-th column from `column` on. */
function phaseOf(
  emitter: Emitter,
  problem: ConvProblem,
  { name, shape }: ImageValue,
  [row, column]: readonly [row: number, column: number],
): { readonly name: string; readonly size: readonly number[] } {
  const [vertical, horizontal] = problem.window.strides;
  const [a, b, imageHeight, imageWidth] = shape;
  const phases = vertical * horizontal;
  if (phases === 1) return { name, size: [imageHeight, imageWidth] };
  const [, , kernelHeight, kernelWidth] = problem.filter;
  if (kernelHeight * kernelWidth < phases) {
    // Most phases meet no place of the kernel.
    const bounds = [
      [row, column],
      [imageHeight, imageWidth],
      [2, 3],
      [vertical, horizontal],
    ];
    const operands = bounds.map((values) => emitter.integers(values));
    const size = [(imageHeight - row) / vertical, (imageWidth - column) / horizontal];
    return { name: emitter.emit("Slice", [name, ...operands]), size: size.map(Math.ceil) };
  }
  const [height, width] = [imageHeight / vertical, imageWidth / horizontal].map(Math.ceil);
  const end = [vertical * height - imageHeight, horizontal * width - imageWidth];
  const whole = padImage(emitter, name, [0, 0, ...end]);
  const rows = a * b * height;
  const columns = partOf(emitter, whole, [rows * vertical * width, horizontal], column);
  const plane = partOf(emitter, columns, [rows, vertical, width], row);
  return { name: emitter.transientReshape(plane, [a, b, height, width]), size: [height, width] };
}

/** One of the parts along the second axis, after `x` has been given a shape. */
function partOf(emitter: Emitter, x: string, shape: readonly number[], part: number): string {
  const parts = shape[1];
  if (parts === 1) return x;
  const attributes = { axis: int(1), num_outputs: int(parts) };
  return emitter.emitAll("Split", [emitter.transientReshape(x, shape)], attributes, parts)[part];
}

/** The remainder that is not negative. */
export const modulo = (n: number, divisor: number): number => ((n % divisor) + divisor) % divisor;
