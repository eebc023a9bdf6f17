/** Resizing of the last two axes, as products with constant interpolation matrices. */
import { formatShape, ShapeError } from "../shape.ts";
import { transpose } from "./layout.ts";
import { matmul } from "./linear.ts";
import type { Node } from "./node.ts";
import { constant } from "./source.ts";

export interface ResizeOptions {
  readonly mode: "nearest" | "linear" | "cubic";
  /** Where in the image a place of the result lies: see `coordinateRules`. */
  readonly coordinates?: "half_pixel" | "pytorch_half_pixel" | "align_corners" | "asymmetric";
  /** Which neighbour is the nearest; of two that are equally far, the one that is preferred. */
  readonly nearestMode?: "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";
  /** The parameter a of the cubic kernel. */
  readonly cubicCoefficient?: number;
  /** Pixels of the result for one of the image, along each axis: size' / size by default. */
  readonly scales?: readonly [number, number];
}

/**
 * Interpolation of the last two axes by the rules of ONNX's Resize, edges repeated, without
 * antialiasing.
 *
 *   y = R_v · x · R_hᵀ,   R the constant matrix of interpolation weights of each axis
 *
 * @param x     [..., H, W].
 * @param size  [H', W'].
 * @returns     [..., H', W'].
 * @throws {ShapeError} When `x` has no two axes, or `size` is not made of positive integers.
 */
export function resize(
  x: Node,
  size: readonly [number, number],
  { scales, ...options }: ResizeOptions,
): Node {
  if (x.shape.length < 2 || !size.every((length) => Number.isInteger(length) && length > 0)) {
    throw new ShapeError(
      `resize: x must have at least two axes, and size be positive integers; got ${formatShape(x.shape)} and ${formatShape(size)}.`,
    );
  }
  const [height, width] = x.shape.slice(-2);
  const rows = interpolationMatrix({ from: height, to: size[0], scale: scales?.[0] }, options);
  const columns = interpolationMatrix({ from: width, to: size[1], scale: scales?.[1] }, options);
  const vertical = rows === undefined ? x : matmul(rows, x);
  return columns === undefined ? vertical : matmul(vertical, transpose(columns, [1, 0]));
}

/**
 * Bilinear interpolation of the last two axes at half-pixel centres, edges repeated, without
 * antialiasing: PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
 *
 * @param x     [..., H, W].
 * @param size  [H', W'].
 */
export const resizeBilinear = (x: Node, size: readonly [number, number]): Node =>
  resize(x, size, { mode: "linear" });

/** One axis, from that many places to that many. */
interface Axis {
  readonly from: number;
  readonly to: number;
  /** to / from where it is undefined. */
  readonly scale: number | undefined;
}

/** [to, from]; undefined where it would change nothing. */
function interpolationMatrix(axis: Axis, options: Omit<ResizeOptions, "scales">): Node | undefined {
  const { from, to, scale = to / from } = axis;
  if (from === to && scale === 1) return undefined;
  const weights = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    for (const [place, weight] of weightsAt(i, axis, options)) {
      weights[i * from + Math.min(Math.max(place, 0), from - 1)] += weight;
    }
  }
  return constant(weights, [to, from]);
}

type Weights = readonly (readonly [place: number, weight: number])[];

/** What place `i` of the result is made of. Places outside the axis stand for its ends. */
function weightsAt(
  i: number,
  axis: Axis,
  {
    mode,
    coordinates = "half_pixel",
    nearestMode = "round_prefer_floor",
    cubicCoefficient = -0.75,
  }: Omit<ResizeOptions, "scales">,
): Weights {
  const { from, to, scale } = axis;
  const coordinate = coordinateRules[coordinates];
  switch (mode) {
    case "nearest": {
      // In float32, as runtimes compute it: which of two pixels is nearer can hang on rounding.
      const toImage = (place: number) => Math.fround(place / Math.fround(scale ?? to / from));
      return [[nearestRules[nearestMode](Math.fround(coordinate(i, axis, toImage))), 1]];
    }
    case "linear": {
      const place = Math.min(Math.max(coordinate(i, axis, exactly(axis)), 0), from - 1);
      const low = Math.floor(place);
      return [
        [low, 1 - (place - low)],
        [low + 1, place - low],
      ];
    }
    case "cubic": {
      const place = coordinate(i, axis, exactly(axis));
      const low = Math.floor(place);
      return [-1, 0, 1, 2].map((step) => [
        low + step,
        cubicWeight(Math.abs(low + step - place), cubicCoefficient),
      ]);
    }
  }
}

/** Distances from the upper edge of the result to distances from that of the image. */
const exactly =
  ({ from, to, scale }: Axis) =>
  (place: number): number =>
    scale === undefined ? (place * from) / to : place / scale;

type CoordinateRule = (i: number, axis: Axis, toImage: (place: number) => number) => number;

const halfPixel: CoordinateRule = (i, _, toImage) => toImage(i + 0.5) - 0.5;

/** Where place `i` of the result lies in the image. */
const coordinateRules: Readonly<Record<NonNullable<ResizeOptions["coordinates"]>, CoordinateRule>> =
  {
    half_pixel: halfPixel,
    pytorch_half_pixel: (i, axis, toImage) => (axis.to === 1 ? 0 : halfPixel(i, axis, toImage)),
    align_corners: (i, { from, to }) => (to === 1 ? 0 : (i * (from - 1)) / (to - 1)),
    asymmetric: (i, _, toImage) => toImage(i),
  };

const nearestRules: Readonly<
  Record<NonNullable<ResizeOptions["nearestMode"]>, (place: number) => number>
> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/**
 * Cubic convolution   (Keys 1981).
 *
 *   (a + 2) d³ − (a + 3) d² + 1      for d ≤ 1
 *   a d³ − 5a d² + 8a d − 4a         for 1 < d < 2
 */
const cubicWeight = (d: number, a: number): number =>
  d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
