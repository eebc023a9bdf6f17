/** Means over windows of the last two axes. */
import { formatShape, ShapeError, sizeOf } from "../shape.ts";
import { mul } from "./elementwise.ts";
import { transpose } from "./layout.ts";
import { checkWindow, conv, convOutputSize, convWindow, matmul, pair } from "./linear.ts";
import type { ConvWindow, Node } from "./node.ts";
import { constant } from "./source.ts";

export interface AveragePoolOptions {
  /** Sides of the window: both, or [vertical, horizontal]. */
  readonly kernel: number | readonly [number, number];
  readonly stride?: number | readonly [number, number];
  /** Places around the input: all sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
  readonly dilation?: number | readonly [number, number];
  /**
   * Whether padded places count as zeros, as Caffe has it: sums are divided by the window's size at
   * the borders too. Else they are divided by the number of places inside the image; where there is
   * none, the mean is 0.
   */
  readonly countsPadding?: boolean;
}

/**
 * Mean over windows of the last two axes.
 *
 *   y = B_v · x · B_hᵀ,   B the constant banded matrix of an axis, 1 / count inside the window
 *
 * With steps of more than one place it is a convolution of each channel with a constant filter.
 *
 * @param x        [..., H, W].
 * @returns        [..., H', W'], places that the window does not reach dropped.
 * @throws {ShapeError} When the window does not fit.
 */
export function averagePool(
  x: Node,
  { kernel, stride = 1, padding = 0, dilation = 1, countsPadding = true }: AveragePoolOptions,
): Node {
  const window = convWindow({ stride, padding, dilation });
  const { strides, pads, dilations } = window;
  const sides = pair(kernel);
  checkWindow("averagePool", pads, { kernel: sides, strides, dilations });
  const rank = x.shape.length;
  const planes = [1, 1, ...x.shape.slice(-2)];
  const size = rank < 2 ? [0, 0] : convOutputSize(planes, sides, window);
  if (size.some((length) => length < 1)) {
    throw new ShapeError(
      `averagePool: x must be [..., H, W], at least as large as the window; got ${formatShape(x.shape)}, kernel [${sides.join(", ")}], padding [${pads.join(", ")}].`,
    );
  }
  const [vertical, horizontal] = [0, 1].map((axis) =>
    axisOf(window, axis, { from: planes[2 + axis], to: size[axis], kernel: sides[axis] }),
  );
  if (rank === 4 && Math.max(...strides) > 1) {
    return depthwise(x, window, [vertical, horizontal], countsPadding);
  }
  const across = transpose(averagingMatrix(horizontal, countsPadding), [1, 0]);
  return matmul(matmul(averagingMatrix(vertical, countsPadding), x), across);
}

/** The window along one axis, from that many places to that many means. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

const axisOf = (
  { strides, pads, dilations }: ConvWindow,
  axis: number,
  sizes: Pick<Axis, "from" | "to" | "kernel">,
): Axis => ({
  ...sizes,
  stride: strides[axis],
  padding: pads[axis],
  dilation: dilations[axis],
});

/** A convolution of each channel on its own, and a factor for windows that are partly outside. */
function depthwise(
  x: Node,
  { strides, pads, dilations }: ConvWindow,
  [vertical, horizontal]: readonly Axis[],
  countsPadding: boolean,
): Node {
  const channels = x.shape[1];
  const filter = [channels, 1, vertical.kernel, horizontal.kernel];
  const count = vertical.kernel * horizontal.kernel;
  const weights = constant(new Float64Array(sizeOf(filter)).fill(1 / count), filter);
  const y = conv(x, weights, {
    stride: strides,
    padding: pads,
    dilation: dilations,
    groups: channels,
  });
  const [rows, columns] = [placesInside(vertical), placesInside(horizontal)];
  const counts = rows.flatMap((row) => columns.map((column) => row.length * column.length));
  if (countsPadding || counts.every((inside) => inside === count)) return y;
  const factors = counts.map((inside) => (inside === 0 ? 0 : count / inside));
  return mul(y, constant(factors, [1, 1, rows.length, columns.length]));
}

/** For each mean the places that its window has inside the axis. */
function placesInside({ from, to, kernel, stride, padding, dilation }: Axis): number[][] {
  return Array.from({ length: to }, (_, i) =>
    Array.from({ length: kernel }, (__, k) => i * stride + k * dilation - padding).filter(
      (place) => place >= 0 && place < from,
    ),
  );
}

function averagingMatrix(axis: Axis, countsPadding: boolean): Node {
  const { from, to, kernel } = axis;
  const weights = new Float64Array(to * from);
  for (const [i, places] of placesInside(axis).entries()) {
    for (const place of places) {
      weights[i * from + place] = 1 / (countsPadding ? kernel : places.length);
    }
  }
  return constant(weights, [to, from]);
}
