/** Windows of convolutions and pools: padding by attributes, and strides that are removed. */
import type { Node } from "../../graph/index.ts";
import type { OperatorCall } from "./call.ts";
import type { Sampling } from "./types.ts";

export interface ImportedWindow {
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number];
  /** Of the result. */
  readonly sampling: Sampling;
}

const whole: Sampling = { stride: 1, density: 1 };

/** How a picture-like node relates to the pictures. */
export const samplingOf = (call: OperatorCall, x: Node): Sampling =>
  call.context.samplings.get(x) ?? whole;

/**
 * The window of an operator over the last two axes of `x`.
 *
 * Where its stride would lead beyond the output stride that was asked for, it is removed: the result
 * is denser, and every window behind it is dilated, so that at the places that the file's network
 * has, it computes the same. What is dense has the size of the file's feature map times its density.
 *
 * @param kernel  [vertical, horizontal].
 */
export function windowOf(
  call: OperatorCall,
  x: Node,
  kernel: readonly [number, number],
): ImportedWindow {
  const { stride, density } = samplingOf(call, x);
  const strides = pairOf(call.ints("strides"), 1);
  const dilations = pairOf(call.ints("dilations"), 1);
  // Sizes in the network as the file has it.
  const size = [0, 1].map((axis) => Math.ceil(x.shape[2 + axis] / density));
  const extents = [0, 1].map((axis) => dilations[axis] * (kernel[axis] - 1) + 1);
  const pads = padsOf(call, { size, extents, strides });
  const isCeil = call.int("ceil_mode", 0) === 1;
  const outputs = [0, 1].map((axis) => {
    const room = size[axis] + pads[axis] + pads[axis + 2] - extents[axis];
    const count = (isCeil ? Math.ceil : Math.floor)(room / strides[axis]) + 1;
    // The last window must start inside the picture or the padding before it.
    const startsBehind = (count - 1) * strides[axis] >= size[axis] + pads[axis];
    return isCeil && startsBehind ? count - 1 : count;
  });
  const step = Math.max(...strides);
  const isRemoved = step > 1 && stride * step > call.context.outputStride;
  if (!isRemoved && density === 1) {
    return {
      strides,
      dilations,
      pads: endPads(size, outputs, { strides, extents, pads, isCeil }),
      sampling: { stride: stride * step, density },
    };
  }
  if (strides[0] !== strides[1]) {
    throw call.refusal(`strides that are removed must be equal; got [${strides.join(", ")}]`);
  }
  const dense = density * step;
  const before = [pads[0] * density, pads[1] * density];
  const after = [0, 1].map(
    (axis) =>
      outputs[axis] * dense + (extents[axis] - 1) * density - x.shape[2 + axis] - before[axis],
  );
  if (after.some((amount) => amount < 0)) {
    throw call.refusal(
      `cannot be made dense at stride ${call.context.outputStride}`,
      "Leave outputStride out.",
    );
  }
  return {
    strides: [1, 1],
    dilations: [dilations[0] * density, dilations[1] * density],
    pads: [before[0], before[1], after[0], after[1]],
    sampling: { stride: stride * step, density: dense },
  };
}

interface Extent {
  readonly size: readonly number[];
  /** Of the dilated kernel. */
  readonly extents: readonly number[];
  readonly strides: readonly number[];
}

/** `auto_pad` or `pads`. SAME: as many outputs as ⌈size / stride⌉. */
function padsOf(
  call: OperatorCall,
  { size, extents, strides }: Extent,
): readonly [number, number, number, number] {
  const mode = call.string("auto_pad", "NOTSET");
  if (mode === "VALID") return [0, 0, 0, 0];
  if (mode === "NOTSET" || mode === "") return padsFrom(call.ints("pads"));
  if (mode !== "SAME_UPPER" && mode !== "SAME_LOWER") {
    throw call.refusal(`auto_pad must be NOTSET, VALID, SAME_UPPER or SAME_LOWER; got "${mode}"`);
  }
  const totals = [0, 1].map((axis) => {
    const count = Math.ceil(size[axis] / strides[axis]);
    return Math.max((count - 1) * strides[axis] + extents[axis] - size[axis], 0);
  });
  const small = totals.map((total) => Math.floor(total / 2));
  const large = totals.map((total, axis) => total - small[axis]);
  return mode === "SAME_UPPER"
    ? [small[0], small[1], large[0], large[1]]
    : [large[0], large[1], small[0], small[1]];
}

/** Padding at the end such that there are as many windows as `outputs` says, with ceil_mode. */
function endPads(
  size: readonly number[],
  outputs: readonly number[],
  {
    strides,
    extents,
    pads,
    isCeil,
  }: Omit<Extent, "size"> & { readonly pads: ImportedWindow["pads"]; readonly isCeil: boolean },
): ImportedWindow["pads"] {
  if (!isCeil) return pads;
  const after = [0, 1].map((axis) =>
    Math.max((outputs[axis] - 1) * strides[axis] + extents[axis] - size[axis] - pads[axis], 0),
  );
  return [pads[0], pads[1], after[0], after[1]];
}

function pairOf(
  values: readonly number[] | undefined,
  fallback: number,
): readonly [number, number] {
  if (values === undefined) return [fallback, fallback];
  return values.length === 1 ? [1, values[0]] : [values[0], values[1]];
}

function padsFrom(
  values: readonly number[] | undefined,
): readonly [number, number, number, number] {
  if (values === undefined) return [0, 0, 0, 0];
  if (values.length === 2) return [0, values[0], 0, values[1]];
  return [values[0], values[1], values[2], values[3]];
}
