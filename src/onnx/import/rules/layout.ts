/** Operators that move elements. */
import {
  broadcastTo,
  concat,
  constant,
  gatherConstant,
  type Node,
  padMode,
  reshape,
  slice,
  stridedSlice,
  transpose,
} from "../../../graph/index.ts";
import { broadcastShapes, normalizeAxis, type Shape, sizeOf } from "../../../shape.ts";
import { withBatch } from "../batch.ts";
import type { OperatorCall } from "../call.ts";
import type { ImportRule } from "../types.ts";
import { samplingOf } from "../windows.ts";

/** 0 keeps a dimension, unless `allowzero`; -1 is what is left over. */
function importReshape(call: OperatorCall): Node {
  const x = call.tensor(0);
  const asked = call.ints("shape") ?? call.numbers(1, "the shape");
  const keepsZero = call.int("allowzero", 0) === 1;
  const target = asked.map((dim, axis) => (dim === 0 && !keepsZero ? x.shape[axis] : dim));
  return reshaped(call, x, target);
}

/** @param target  May have a -1; with a batch that is fixed in the file, another one takes its place. */
function reshaped(call: OperatorCall, x: Node, target: readonly number[]): Node {
  const { inFrontOfBatch } = call.context;
  const fixed = withBatch(call, x.shape, inFrontOfBatch.get(x) ?? 1);
  if (fixed !== undefined) {
    const y = reshape(x, fixed.shape);
    if (y !== x) inFrontOfBatch.set(y, fixed.inFront);
    return y;
  }
  const known = sizeOf(target.filter((dim) => dim !== -1));
  const size = sizeOf(x.shape);
  const fits = target.includes(-1) ? size % known === 0 : size === known;
  if (!fits) {
    throw call.refusal(
      `must keep its ${size} elements; the file says shape [${target.join(", ")}]`,
      "The file was exported for pictures of one size: use that as inputSize, or export it with dynamic axes.",
    );
  }
  return reshape(x, target);
}

function importFlatten(call: OperatorCall): Node {
  const { shape } = call.tensor(0);
  const axis = call.int("axis", 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return reshape(call.tensor(0), [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))]);
}

function importSqueeze(call: OperatorCall): Node {
  const x = call.tensor(0);
  const listed = call.intsOrOperand("axes", 1);
  const axes = listed?.map((axis) => normalizeAxis("Squeeze", axis, x.shape));
  // A batch of one picture stays a batch.
  const isKept = (dim: number, axis: number): boolean =>
    dim !== 1 || (axis === 0 && x.op !== "constant");
  const rest = x.shape.filter((dim, axis) =>
    axes === undefined ? isKept(dim, axis) : !axes.includes(axis),
  );
  return reshape(x, rest);
}

function importUnsqueeze(call: OperatorCall): Node {
  const x = call.tensor(0);
  const listed = call.intsOrOperand("axes", 1) ?? [];
  const rank = x.shape.length + listed.length;
  const axes = listed.map((axis) => (axis < 0 ? axis + rank : axis));
  const rest = [...x.shape];
  const shape = Array.from({ length: rank }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() ?? 1),
  );
  return reshape(x, shape);
}

function importTranspose(call: OperatorCall): Node {
  const x = call.tensor(0);
  return transpose(x, call.ints("perm") ?? [...x.shape.keys()].reverse());
}

function importExpand(call: OperatorCall): Node {
  const x = call.tensor(0);
  return broadcastTo(x, broadcastShapes("Expand", x.shape, call.numbers(1, "the shape")));
}

function importTile(call: OperatorCall): Node {
  const repeats = call.numbers(1, "repeats");
  return repeats.reduce(
    (x: Node, count, axis) => (count === 1 ? x : concat(Array<Node>(count).fill(x), axis)),
    call.tensor(0),
  );
}

/** A part that has one picture's size where the others have the batch's is the same for each. */
function importConcat(call: OperatorCall): Node {
  const parts = call.tensors();
  const axis = normalizeAxis("Concat", call.int("axis", 0), parts[0].shape);
  const common = parts[0].shape.map((_, i) => Math.max(...parts.map(({ shape }) => shape[i])));
  const stretched = parts.map((part) =>
    broadcastTo(
      part,
      common.map((dim, i) => (i === axis ? part.shape[i] : dim)),
    ),
  );
  return concat(stretched, axis);
}

function importSplit(call: OperatorCall): readonly Node[] {
  const x = call.tensor(0);
  const axis = normalizeAxis("Split", call.int("axis", 0), x.shape);
  const count = call.int("num_outputs", call.node.outputs.length);
  const chunk = Math.ceil(x.shape[axis] / count);
  const sizes =
    call.intsOrOperand("split", 1) ??
    Array.from({ length: count }, (_, i) => Math.min(chunk, x.shape[axis] - i * chunk));
  let start = 0;
  return sizes.map((size) => {
    const part = along(x, axis, start, size);
    start += size;
    return part;
  });
}

/** `size` places from `start` along an axis. */
function along(x: Node, axis: number, start: number, size: number): Node {
  const pick = (shape: Shape, value: number, rest: (dim: number) => number): number[] =>
    shape.map((dim, i) => (i === axis ? value : rest(dim)));
  return slice(
    x,
    pick(x.shape, start, () => 0),
    pick(x.shape, size, (dim) => dim),
  );
}

function importSlice(call: OperatorCall): Node {
  const x = call.tensor(0);
  const starts = call.numbers(1, "starts");
  const ends = call.numbers(2, "ends");
  const listed = call.optional(3) === undefined ? undefined : call.numbers(3, "axes");
  const axes = (listed ?? starts.map((_, i) => i)).map((axis) =>
    normalizeAxis("Slice", axis, x.shape),
  );
  const steps = call.optional(4) === undefined ? starts.map(() => 1) : call.numbers(4, "steps");
  requireOwnPlaces(call, axes);
  const whole = { starts: x.shape.map(() => 0), ends: [...x.shape], steps: x.shape.map(() => 1) };
  let turned = x;
  axes.forEach((axis, i) => {
    const dim = x.shape[axis];
    const place = (value: number, low: number, high: number): number =>
      Math.min(Math.max(value < 0 ? value + dim : value, low), high);
    if (steps[i] < 0) {
      const [first, last] = [place(starts[i], 0, dim - 1), place(ends[i], -1, dim - 1)];
      const count = Math.max(0, Math.ceil((last - first) / steps[i]));
      turned = gatherConstant(
        turned,
        Array.from({ length: count }, (_, k) => first + k * steps[i]),
        axis,
      );
      whole.ends[axis] = count;
      return;
    }
    whole.starts[axis] = place(starts[i], 0, dim);
    whole.ends[axis] = place(ends[i], 0, dim);
    whole.steps[axis] = steps[i];
  });
  const isEmpty = whole.starts.some((start, axis) => start >= whole.ends[axis]);
  if (isEmpty && x.op === "constant") return constant([], [0]);
  return stridedSlice(turned, whole);
}

/**
 * Where strides were removed, an operator that counts places along rows or columns would count other
 * ones than the file's.
 */
function requireOwnPlaces(call: OperatorCall, axes: readonly number[]): void {
  const x = call.tensor(0);
  const isDense = samplingOf(call, x).density > 1;
  if (!isDense || x.shape.length !== 4 || axes.every((axis) => axis < 2)) return;
  throw call.refusal(
    "cannot follow a stride that was removed",
    "Choose a larger outputStride, or leave it out.",
  );
}

function importGather(call: OperatorCall): Node {
  const x = call.tensor(0);
  const axis = normalizeAxis("Gather", call.int("axis", 0), x.shape);
  const indices = call.numbers(1, "indices").map((i) => (i < 0 ? i + x.shape[axis] : i));
  const shape = [...x.shape.slice(0, axis), ...call.tensor(1).shape, ...x.shape.slice(axis + 1)];
  return reshape(gatherConstant(x, indices, axis), shape);
}

function importPad(call: OperatorCall): Node {
  const x = call.tensor(0);
  const rank = x.shape.length;
  const pads = call.intsOrOperand("pads", 1) ?? [];
  const listed = call.optional(3) === undefined ? undefined : call.numbers(3, "axes");
  const axes = (listed ?? [...x.shape.keys()]).map((axis) => normalizeAxis("Pad", axis, x.shape));
  const [before, after] = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)];
  axes.forEach((axis, i) => {
    before[axis] = pads[i];
    after[axis] = pads[i + axes.length];
  });
  const mode = call.string("mode", "constant");
  if (mode !== "constant" && mode !== "reflect" && mode !== "edge") {
    throw call.refusal(`mode must be constant, reflect or edge; got "${mode}"`);
  }
  requireOwnPlaces(
    call,
    axes.filter((axis) => before[axis] !== 0 || after[axis] !== 0),
  );
  if ([...before, ...after].some((amount) => amount < 0)) {
    throw call.refusal(`pads must be at least 0; got [${pads.join(", ")}]`);
  }
  const value = call.optional(2) === undefined ? 0 : (call.numbers(2, "the value")[0] ?? 0);
  return padMode(x, before, after, mode, value);
}

/** [N, b²·C, H, W] to [N, C, b·H, b·W]. */
function importDepthToSpace(call: OperatorCall): Node {
  const x = call.tensor(0);
  const [images, channels, height, width] = x.shape;
  const block = call.int("blocksize", 1);
  const inner = channels / block ** 2;
  const isColumnRow = call.string("mode", "DCR") === "CRD";
  const split = isColumnRow
    ? transpose(reshape(x, [images, inner, block, block, height, width]), [0, 1, 4, 2, 5, 3])
    : transpose(reshape(x, [images, block, block, inner, height, width]), [0, 3, 4, 1, 5, 2]);
  return reshape(split, [images, inner, height * block, width * block]);
}

/** [N, C, b·H, b·W] to [N, b²·C, H, W]. */
function importSpaceToDepth(call: OperatorCall): Node {
  const x = call.tensor(0);
  const [images, channels, height, width] = x.shape;
  const block = call.int("blocksize", 1);
  const [rows, columns] = [height / block, width / block];
  const split = reshape(x, [images, channels, rows, block, columns, block]);
  const depths = transpose(split, [0, 3, 5, 1, 2, 4]);
  return reshape(depths, [images, channels * block ** 2, rows, columns]);
}

export const layoutRules: Readonly<Record<string, ImportRule>> = {
  Reshape: importReshape,
  Flatten: importFlatten,
  Squeeze: importSqueeze,
  Unsqueeze: importUnsqueeze,
  Transpose: importTranspose,
  Expand: importExpand,
  Tile: importTile,
  Concat: importConcat,
  Split: importSplit,
  Slice: importSlice,
  Gather: importGather,
  Pad: importPad,
  DepthToSpace: importDepthToSpace,
  SpaceToDepth: importSpaceToDepth,
};
