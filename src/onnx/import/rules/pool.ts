/** Pools, reductions and resizing. */
import {
  abs,
  add,
  averagePool,
  exp,
  log,
  max,
  maxPool,
  mean,
  type Node,
  neg,
  pad,
  type ResizeOptions,
  resize,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
} from "../../../graph/index.ts";
import { normalizeAxis } from "../../../shape.ts";
import type { OperatorCall } from "../call.ts";
import type { ImportRule } from "../types.ts";
import { samplingOf, windowOf } from "../windows.ts";
import { setSampling, withPlaneAxes } from "./spatial.ts";

function kernelOf(call: OperatorCall): readonly [number, number] {
  const kernel = call.ints("kernel_shape") ?? [];
  return kernel.length === 1 ? [1, kernel[0]] : [kernel[0], kernel[1]];
}

const importMaxPool: ImportRule = (call) =>
  withPlaneAxes(call, call.tensor(0), (x) => {
    const kernel = kernelOf(call);
    const { strides, dilations, pads, sampling } = windowOf(call, x, kernel);
    if (dilations.some((dilation, axis) => dilation > 1 && kernel[axis] > 1)) {
      const isOwn = samplingOf(call, x).density === 1;
      throw call.refusal(
        `dilations must be 1; got [${dilations.join(", ")}]`,
        isOwn ? undefined : "Choose a larger outputStride, so that this pool keeps its stride.",
      );
    }
    return setSampling(call, maxPool(x, { kernel, stride: strides, padding: pads }), sampling);
  });

const importAveragePool: ImportRule = (call) =>
  withPlaneAxes(call, call.tensor(0), (x) => {
    const kernel = kernelOf(call);
    const { strides, dilations, pads, sampling } = windowOf(call, x, kernel);
    // As adaptive pools are exported whose input has the output's size.
    if ([...kernel, ...strides].every((n) => n === 1) && pads.every((n) => n === 0)) return x;
    const countsPadding = call.int("count_include_pad", 0) === 1;
    const window = { kernel, stride: strides, dilation: dilations };
    if (!countsPadding || call.int("ceil_mode", 0) === 0) {
      return setSampling(
        call,
        averagePool(x, { ...window, padding: pads, countsPadding }),
        sampling,
      );
    }
    // Of the places at the end those count that the file has, not those that ceil_mode adds.
    const counted = call.ints("pads") ?? [0, 0, 0, 0];
    const [bottom, right] = counted.slice(counted.length / 2).slice(-2);
    const own = [pads[0], pads[1], counted.length === 2 ? 0 : bottom, right];
    const padded = pad(
      x,
      [0, 0, own[0], own[1]],
      x.shape.map((dim, axis) => (axis < 2 ? dim : dim + own[axis - 2] + own[axis])),
    );
    const rest = [0, 0, pads[2] - own[2], pads[3] - own[3]] as const;
    return setSampling(
      call,
      averagePool(padded, { ...window, padding: rest, countsPadding: false }),
      sampling,
    );
  });

/** Over all axes behind the channels. */
const globalPool =
  (reduce: (x: Node, axes: readonly number[]) => Node): ImportRule =>
  (call) => {
    const x = call.tensor(0);
    return withoutPlaces(call, reduce(x, [...x.shape.keys()].slice(2)));
  };

/** What has no places any more is as the file has it, however dense its operand was. */
const withoutPlaces = (call: OperatorCall, node: Node): Node =>
  setSampling(call, node, { ...samplingOf(call, call.tensor(0)), density: 1 });

type Reduction = (x: Node, axes: readonly number[], keepDims: boolean) => Node;

const reduction =
  (reduce: Reduction): ImportRule =>
  (call) => {
    const x = call.tensor(0);
    const listed = call.intsOrOperand("axes", 1);
    const isEmpty = listed === undefined || listed.length === 0;
    const all = call.int("noop_with_empty_axes", 0) === 1 ? [] : [...x.shape.keys()];
    const axes = isEmpty ? all : listed.map((axis) => normalizeAxis(call.node.op, axis, x.shape));
    const y = reduce(x, axes, call.int("keepdims", 1) === 1);
    return axes.includes(2) && axes.includes(3) ? withoutPlaces(call, y) : y;
  };

const sumOf: Reduction = (x, axes, keepDims) => sum(x, axes, { keepDims });

/** log Σ exp, shifted by the maximum. */
const logSumExp: Reduction = (x, axes, keepDims) => {
  const highest = (keep: boolean): Node => stopGradient(max(x, axes, { keepDims: keep }));
  return add(log(sumOf(exp(sub(x, highest(true))), axes, keepDims)), highest(keepDims));
};

const modes = { nearest: "nearest", linear: "linear", cubic: "cubic" } as const;
const coordinates = {
  half_pixel: "half_pixel",
  pytorch_half_pixel: "pytorch_half_pixel",
  align_corners: "align_corners",
  asymmetric: "asymmetric",
} as const;
const nearestModes = {
  round_prefer_floor: "round_prefer_floor",
  round_prefer_ceil: "round_prefer_ceil",
  floor: "floor",
  ceil: "ceil",
} as const;

/** The value that a text attribute stands for. @throws {OnnxError} When there is none. */
function chosen<T extends string>(
  call: OperatorCall,
  attribute: string,
  fallback: T,
  table: Readonly<Record<string, T>>,
): T {
  const name = call.string(attribute, fallback);
  if (!Object.hasOwn(table, name)) {
    throw call.refusal(`${attribute} must be ${Object.keys(table).join(", ")}; got "${name}"`);
  }
  return table[name];
}

/** Of the last two axes. */
function importResize(call: OperatorCall): Node {
  const x = call.tensor(0);
  const [height, width] = x.shape.slice(2);
  if (x.shape.length !== 4) throw call.refusal("must resize [N, C, H, W]");
  if (call.int("antialias", 0) === 1) throw call.refusal("antialias must be 0; got 1");
  if (call.int("exclude_outside", 0) === 1) throw call.refusal("exclude_outside must be 0; got 1");
  if (call.ints("axes") !== undefined) throw call.refusal("axes must be absent");
  const policy = call.string("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") {
    throw call.refusal(`keep_aspect_ratio_policy must be stretch; got "${policy}"`);
  }
  const hasSizes = call.optional(3) !== undefined;
  const given = hasSizes ? call.numbers(3, "sizes") : call.numbers(2, "scales");
  const untouched = hasSizes ? x.shape : [1, 1];
  if (given[0] !== untouched[0] || given[1] !== untouched[1]) {
    const isBatch = given[1] === untouched[1] && hasSizes;
    if (!isBatch) throw call.refusal(`must leave batch and channels; got [${given.join(", ")}]`);
  }
  const scales = hasSizes
    ? ([given[2] / height, given[3] / width] as const)
    : ([given[2], given[3]] as const);
  const size = hasSizes
    ? ([given[2], given[3]] as const)
    : ([height, width].map((length, axis) =>
        // In float32, as runtimes have it: three times 10/3 is 10.
        Math.floor(Math.fround(length * Math.fround(scales[axis]))),
      ) as [number, number]);
  const options: ResizeOptions = {
    mode: chosen(call, "mode", "nearest", modes),
    coordinates: chosen(call, "coordinate_transformation_mode", "half_pixel", coordinates),
    nearestMode: chosen(call, "nearest_mode", "round_prefer_floor", nearestModes),
    cubicCoefficient: call.float("cubic_coeff_a", -0.75),
    ...(!hasSizes && { scales }),
  };
  return resize(x, size, options);
}

export const poolRules: Readonly<Record<string, ImportRule>> = {
  MaxPool: importMaxPool,
  AveragePool: importAveragePool,
  GlobalAveragePool: globalPool((x, axes) => mean(x, axes, { keepDims: true })),
  GlobalMaxPool: globalPool((x, axes) => max(x, axes, { keepDims: true })),
  ReduceMean: reduction((x, axes, keepDims) => mean(x, axes, { keepDims })),
  ReduceSum: reduction(sumOf),
  ReduceMax: reduction((x, axes, keepDims) => max(x, axes, { keepDims })),
  ReduceMin: reduction((x, axes, keepDims) => neg(max(neg(x), axes, { keepDims }))),
  ReduceL1: reduction((x, axes, keepDims) => sumOf(abs(x), axes, keepDims)),
  ReduceSumSquare: reduction((x, axes, keepDims) => sumOf(square(x), axes, keepDims)),
  ReduceL2: reduction((x, axes, keepDims) => sqrt(sumOf(square(x), axes, keepDims))),
  ReduceLogSumExp: reduction(logSumExp),
  Resize: importResize,
};
