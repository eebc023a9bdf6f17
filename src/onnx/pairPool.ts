/**
 * 2x2 max pools on [H, W, N, C], where the pixels of a pair lie in blocks N·C apart: two maxima of
 * pairs, along W and then along H. Ties go to the first place in reading order, as in ONNX's
 * MaxPool with indices, which needs four times as long and a scatter on one thread.
 */
import type { Node, NodeOf, PoolWindow } from "../graph/index.ts";
import { type Emitter, int } from "./emitter.ts";
import { step } from "./lowerRules.ts";

type PoolNode = NodeOf<"maxPool"> | NodeOf<"maxPoolScatter"> | NodeOf<"maxPoolGather">;

export const isPool = (node: Node): node is PoolNode & Node =>
  node.op === "maxPool" || node.op === "maxPoolScatter" || node.op === "maxPoolGather";

/** Whether the windows of a pool part its image into squares of four pixels. */
export function isPairPool({ op, attributes, inputs }: PoolNode): boolean {
  const { kernel, strides, pads }: PoolWindow = attributes;
  const [, , height, width] = inputs[op === "maxPool" ? 0 : 1].shape;
  const isPlain = [...kernel, ...strides].every((n) => n === 2) && pads.every((n) => n === 0);
  return isPlain && height % 2 === 0 && width % 2 === 0;
}

/** Pairs along one axis: [before, 2, after]. */
interface Pairs {
  readonly before: number;
  readonly after: number;
}

/** The pairs along W and those of their maxima along H, of an image [N, C, H, W]. */
function pairsOf([images, channels, height, width]: readonly number[]): readonly [Pairs, Pairs] {
  const block = images * channels;
  return [
    { before: (height * width) / 2, after: block },
    { before: height / 2, after: (width / 2) * block },
  ];
}

/** @param operands  Of the node, [H, W, N, C]. @returns  Its value in the same layout. */
export function lowerPairPool(
  emitter: Emitter,
  node: PoolNode,
  operands: readonly string[],
): string {
  const [images, channels, height, width] = node.shape;
  const result = pairRules[node.op](emitter, node, operands);
  return emitter.reshape(result, [height, width, images, channels]);
}

const pairRules: {
  readonly [P in PoolNode["op"]]: (
    emitter: Emitter,
    node: PoolNode,
    operands: readonly string[],
  ) => string;
} = {
  maxPool: (emitter, { inputs }, [x]) => {
    const [along, down] = pairsOf(inputs[0].shape);
    return larger(emitter, larger(emitter, x, along, split), down, split);
  },
  maxPoolScatter: (emitter, { shape }, [g, x]) => {
    const [along, down] = pairsOf(shape);
    return deal(emitter, deal(emitter, g, larger(emitter, x, along, slices), down), x, along);
  },
  maxPoolGather: (emitter, { inputs }, [v, x]) => {
    const [along, down] = pairsOf(inputs[1].shape);
    return pick(emitter, pick(emitter, v, x, along), larger(emitter, x, along, slices), down);
  },
};

type Halves = (emitter: Emitter, x: string, pairs: Pairs) => readonly string[];

/** The two of every pair, each [before, 1, after]; for the forward pass. */
const split: Halves = (emitter, x, { before, after }) => {
  const attributes = { axis: int(1), num_outputs: int(2) };
  return emitter.emitAll("Split", [emitter.transientReshape(x, [before, 2, after])], attributes, 2);
};

/** The same for the backward pass: by other operators, so that it does not keep the copies. */
const slices: Halves = (emitter, x, { before, after }) => {
  const pairs = emitter.transientReshape(x, [before, 2, after]);
  return [0, 1].map((half) => {
    const bounds = [half, half + 1, 1].map((n) => emitter.integers([n]));
    return emitter.emit("Slice", [pairs, ...bounds]);
  });
};

/** The larger of every pair. */
const larger = (emitter: Emitter, x: string, pairs: Pairs, halves: Halves): string =>
  emitter.emit("Max", halves(emitter, x, pairs));

/** 1 where the second of a pair is the larger, else 0. */
function secondWins(emitter: Emitter, x: string, pairs: Pairs): string {
  const [first, second] = slices(emitter, x, pairs);
  const difference = emitter.emit("Sub", [second, first]);
  return step(emitter, difference);
}

/** Gives each pair's value to its winner, and 0 to the other. */
function deal(emitter: Emitter, g: string, x: string, pairs: Pairs): string {
  // First, so that ONNX Runtime computes it last: see `emitMask` in lower.ts.
  const wins = secondWins(emitter, x, pairs);
  const values = emitter.transientReshape(g, [pairs.before, 1, pairs.after]);
  const second = emitter.emit("Mul", [values, wins]);
  const first = emitter.emit("Sub", [values, second]);
  return emitter.emit("Concat", [first, second], { axis: int(1) });
}

/** Of each pair of `v`, the one whose place wins in `x`. */
function pick(emitter: Emitter, v: string, x: string, pairs: Pairs): string {
  const [first, second] = slices(emitter, v, pairs);
  const rise = emitter.emit("Sub", [second, first]);
  const added = emitter.emit("Mul", [rise, secondWins(emitter, x, pairs)]);
  return emitter.emit("Add", [first, added]);
}
