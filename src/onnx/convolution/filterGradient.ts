/**
 * The filter gradient on channels first,
 *
 *   dw[o,c,u,v] = Σ_{n,p} g[n,o,p] · x[n,c,p·s+u·d],
 *
 * as matrix products over images n and places p. Operands are [x, g].
 */
import type { Shape } from "../../shape.ts";
import { type Emitter, int, ints } from "../emitter.ts";
import { kernelPlanes, padImage, pixelsOf, placeRuns } from "./kernelPixels.ts";
import type { ConvProblem } from "./problem.ts";

/**
 * Above this size (bytes) the columns of one image fall out of the cache, and products of shifted
 * planes are faster than one over all columns. Measured: docs/performance.md.
 */
const largestColumns = 20 * 2 ** 20;

/**
 * Below this share of products that do not meet the padding, those that meet it are left out.
 * Filters that are dilated far across a small map are below it (LargeFOV's fc6: 0.65), usual ones
 * above (3x3 on 14x14: 0.91).
 */
const smallestOverlap = 0.8;

/** Whether the columns of one image, as im2col makes them, are too large for the cache. */
export function hasLargeColumns({ filter, feature }: ConvProblem): boolean {
  const [, channels, height, width] = filter;
  return 4 * channels * height * width * feature[2] * feature[3] > largestColumns;
}

/** Whether much of the filter meets only padding. */
export const isFarDilated = (problem: ConvProblem): boolean =>
  isShiftable(problem) && shareInside(problem) < smallestOverlap;

/** Whether planes shifted by a place of the kernel are all that is needed. */
export function isShiftable({ filter, window: { strides, groups } }: ConvProblem): boolean {
  const isOneByOne = filter[2] === 1 && filter[3] === 1;
  return groups === 1 && !isOneByOne && strides.every((stride) => stride === 1);
}

/**
 * With i = p + u·d, rows of the padded image, and zeros above and below g:
 *
 *   dw[o,c,u,v] = Σ_{n,i,j} g[n,o,i−u·d,j] · x[n,c,i,j+v·d]
 *
 * so that u shifts only g and v only x, which copies kH + kW planes instead of kH·kW.
 */
export function shiftedFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const { filter, feature, window } = problem;
  const [output, channels, height, width] = filter;
  const [images, , gHeight, gWidth] = feature;
  const [vertical] = window.dilations;
  const rows = gHeight + vertical * (height - 1);
  const places = rows * gWidth;
  const flat = (plane: string, count: number): string =>
    emitter.reshape(plane, [images, count, places]);
  const image = { name: x, shape: problem.image };
  const all = { start: -window.pads[0], count: rows };
  const xShifted = placeRuns(problem, 1).map((columns) =>
    flat(pixelsOf(emitter, problem, image, all, columns), channels),
  );
  const gShifted = Array.from({ length: height }, (_, u) => {
    const above = u * vertical;
    return flat(padImage(emitter, g, [above, 0, rows - gHeight - above, 0]), output);
  });
  const products = gShifted.flatMap((gPlane) =>
    xShifted.map((xPlane) => {
      const product = productOverPlaces(emitter, gPlane, xPlane, 3);
      return emitter.reshape(product, [images, output, 1, channels]);
    }),
  );
  const byImage = stack(emitter, products, 2);
  const byPlace =
    images === 1
      ? emitter.reshape(byImage, [output, height * width, channels])
      : emitter.emit("ReduceSum", [byImage, emitter.integers([0])], { keepdims: int(0) });
  return fromPlaces(emitter, byPlace, filter);
}

/** Along one axis at stride 1, for each place of the kernel: the run of pixels that it meets. */
interface Overlap {
  readonly inImage: number;
  readonly inGradient: number;
  /** 0 where the place meets nothing but padding. */
  readonly length: number;
}

function overlaps({ image, filter, feature, window }: ConvProblem, axis: 0 | 1): Overlap[] {
  return Array.from({ length: filter[2 + axis] }, (_, place) => {
    const shift = place * window.dilations[axis] - window.pads[axis];
    const inGradient = Math.max(0, -shift);
    const end = Math.min(feature[2 + axis], image[2 + axis] - shift);
    return { inImage: inGradient + shift, inGradient, length: Math.max(0, end - inGradient) };
  });
}

/** Share of a filter gradient's products that do not meet the padding. */
function shareInside(problem: ConvProblem): number {
  const shares = ([0, 1] as const).map((axis) => {
    const runs = overlaps(problem, axis);
    const inside = runs.reduce((total, { length }) => total + length, 0);
    return inside / (runs.length * problem.feature[2 + axis]);
  });
  return shares[0] * shares[1];
}

/** A product for each place of the kernel, over the pixels that it meets. */
export function overlapsFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  operands: readonly string[],
): string {
  const [output, channels] = problem.filter;
  const images = problem.image[0];
  const [image, gradient] = operands.map((operand) => channelsFirst(emitter, operand, problem));
  const part = (source: string, count: number, start: number[], size: number[]): string => {
    const end = start.map((first, axis) => first + size[axis]);
    const bounds = [start, end, [2, 3]].map((values) => emitter.integers(values));
    const cut = emitter.emit("Slice", [source, ...bounds]);
    return emitter.reshape(cut, [count, images * size[0] * size[1]]);
  };
  const columns = overlaps(problem, 1);
  const products = overlaps(problem, 0).flatMap((row) =>
    columns.map((column) => {
      const size = [row.length, column.length];
      if (size.includes(0)) {
        return emitter.emit("Expand", [emitter.scalar(0), emitter.integers([output, 1, channels])]);
      }
      const gPart = part(gradient, output, [row.inGradient, column.inGradient], size);
      const xPart = part(image, channels, [row.inImage, column.inImage], size);
      const product = productOverPlaces(emitter, gPart, xPart, 2);
      return emitter.reshape(product, [output, 1, channels]);
    }),
  );
  return fromPlaces(emitter, stack(emitter, products, 1), problem.filter);
}

/** One product over all places of the kernel, im2col. */
export function columnsFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const [output, channels, height, width] = problem.filter;
  const places = placesOf(problem);
  const columns = stack(emitter, channelPlanes(emitter, problem, x), 0);
  const flat = emitter.reshape(columns, [height * width * channels, places]);
  const rows = emitter.reshape(channelsFirst(emitter, g, problem), [output, places]);
  const product = productOverPlaces(emitter, rows, flat, 2);
  const byPlace = emitter.reshape(product, [output, height * width, channels]);
  return fromPlaces(emitter, byPlace, problem.filter);
}

/**
 * A product over all places of the kernel for each image, and their sum: nothing has to be brought
 * into another order, but there are as many results as images.
 */
export function imagesFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const [output, channels, height, width] = problem.filter;
  const [images, , gHeight, gWidth] = problem.feature;
  const kernel = height * width;
  const planes = kernelPlanes(emitter, problem, { name: x, shape: problem.image });
  const columns = emitter.reshape(stack(emitter, planes, 1), [
    ...[images, kernel * channels, gHeight * gWidth],
  ]);
  const rows = emitter.reshape(g, [images, output, gHeight * gWidth]);
  const products = productOverPlaces(emitter, rows, columns, 3);
  const sum = emitter.emit("ReduceSum", [products, emitter.integers([0])], { keepdims: int(0) });
  return fromPlaces(emitter, emitter.reshape(sum, [output, kernel, channels]), problem.filter);
}

/** Whether the results of all images are small beside the images and the gradients. */
export function hasSmallFilters({ filter, feature }: ConvProblem): boolean {
  const [output, channels, height, width] = filter;
  return 2 * output * channels * height * width < (output + channels) * feature[2] * feature[3];
}

/** A product for each place of the kernel, group by group. */
export function positionsFilterGrad(
  emitter: Emitter,
  problem: ConvProblem,
  [x, g]: readonly string[],
): string {
  const { groups } = problem.window;
  const [output, channels] = problem.filter;
  const places = placesOf(problem);
  const rows = channelsFirst(emitter, g, problem);
  const grouped = emitter.reshape(rows, [groups, output / groups, places]);
  const products = channelPlanes(emitter, problem, x).map((plane) => {
    const flat = emitter.reshape(plane, [groups, channels, places]);
    const product = productOverPlaces(emitter, grouped, flat, 3);
    return emitter.reshape(product, [output, 1, channels]);
  });
  return fromPlaces(emitter, stack(emitter, products, 1), problem.filter);
}

/** [O, kH·kW, C] to [O, C, kH, kW]. */
function fromPlaces(emitter: Emitter, byPlace: string, filter: Shape): string {
  const isOneByOne = filter[2] * filter[3] === 1;
  const turned = isOneByOne
    ? byPlace
    : emitter.emit("Transpose", [byPlace], { perm: ints([0, 2, 1]) });
  return emitter.reshape(turned, filter);
}

/** Images times pixels of the gradient. */
function placesOf({ feature }: ConvProblem): number {
  const [images, , height, width] = feature;
  return images * height * width;
}

function stack(emitter: Emitter, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0] : emitter.emit("Concat", parts, { axis: int(axis) });
}

/** [N, C, H, W] to [C, N, H, W], so that the sum over the images is part of the product. */
function channelsFirst(emitter: Emitter, x: string, { image }: ConvProblem): string {
  if (image[0] === 1) return x;
  return emitter.emit("Transpose", [x], { perm: ints([1, 0, 2, 3]) });
}

/** For each place of the kernel, the pixels that it meets, [C, N, H', W']. */
function channelPlanes(emitter: Emitter, problem: ConvProblem, x: string): string[] {
  const [images, channels, height, width] = problem.image;
  const name = channelsFirst(emitter, x, problem);
  return kernelPlanes(emitter, problem, { name, shape: [channels, images, height, width] });
}

/** a · bᵀ over the last axis; ONNX Runtime fuses the transposition into the product. */
function productOverPlaces(emitter: Emitter, a: string, b: string, rank: 2 | 3): string {
  const perm = rank === 2 ? [1, 0] : [0, 2, 1];
  return emitter.emit("MatMul", [a, emitter.emit("Transpose", [b], { perm: ints(perm) })]);
}
