/** Normalisations and softmax. */
import {
  add,
  batchNorm,
  broadcastTo,
  groupNorm,
  layerNorm,
  logSoftmax,
  mul,
  type Node,
  reshape,
  softmax,
} from "../../../graph/index.ts";
import { normalizeAxis, sizeOf } from "../../../shape.ts";
import type { OperatorCall } from "../call.ts";
import type { ImportRule } from "../types.ts";

/**
 * With the statistics of the file: scale and bias are trained, mean and variance stay as they are,
 * as is usual where batches are small.
 */
function importBatchNormalization(call: OperatorCall): Node {
  // Before operator set 14 it is further outputs that make it the form for training.
  if (call.int("training_mode", 0) === 1 || call.node.outputs.filter(Boolean).length > 1) {
    throw call.refusal(
      "must be in the form for inference; got the one for training",
      "Export the model after model.eval().",
    );
  }
  return batchNorm(call.tensor(0), {
    scale: call.tensor(1),
    bias: call.tensor(2),
    mean: call.frozen(3, "the mean"),
    variance: call.frozen(4, "the variance"),
    epsilon: call.float("epsilon", 1e-5),
    // What somebody else reads may be the attention layer.
    foldsConv: call.isOnlyReader(0),
  });
}

function importLayerNormalization(call: OperatorCall): Node {
  const x = call.tensor(0);
  const first = normalizeAxis("LayerNormalization", call.int("axis", -1), x.shape);
  const bias = call.optional(2);
  return layerNorm(x, [...x.shape.keys()].slice(first), {
    scale: call.tensor(1),
    ...(bias !== undefined && { bias }),
    epsilon: call.float("epsilon", 1e-5),
  });
}

/** [C] along axis 1 of a tensor of this rank. */
const perChannel = (x: Node, rank: number): Node =>
  reshape(x, [1, sizeOf(x.shape), ...Array<number>(rank - 2).fill(1)]);

/** Each channel a group. */
function importInstanceNormalization(call: OperatorCall): Node {
  const x = call.tensor(0);
  const rank = x.shape.length;
  const normalized = groupNorm(x, x.shape[1], { epsilon: call.float("epsilon", 1e-5) });
  return add(mul(normalized, perChannel(call.tensor(1), rank)), perChannel(call.tensor(2), rank));
}

/** Until operator set 20 a scale and a bias for each group, since 21 for each channel. */
function importGroupNormalization(call: OperatorCall): Node {
  const x = call.tensor(0);
  const rank = x.shape.length;
  const channels = x.shape[1];
  const groups = call.int("num_groups", 1);
  const normalized = groupNorm(x, groups, { epsilon: call.float("epsilon", 1e-5) });
  const spread = (node: Node): Node => {
    if (sizeOf(node.shape) === channels) return perChannel(node, rank);
    const repeated = broadcastTo(reshape(node, [groups, 1]), [groups, channels / groups]);
    return perChannel(reshape(repeated, [channels]), rank);
  };
  return add(mul(normalized, spread(call.tensor(1))), spread(call.tensor(2)));
}

/** Before operator set 13 all axes from `axis` on are one. */
const alongAxis =
  (f: (x: Node, axis: number) => Node): ImportRule =>
  (call) => {
    const x = call.tensor(0);
    const isOld = call.opset < 13;
    const axis = normalizeAxis(call.node.op, call.int("axis", isOld ? 1 : -1), x.shape);
    if (!isOld || axis === x.shape.length - 1) return f(x, axis);
    const rows = sizeOf(x.shape.slice(0, axis));
    return reshape(f(reshape(x, [rows, sizeOf(x.shape) / rows]), 1), x.shape);
  };

export const normalizationRules: Readonly<Record<string, ImportRule>> = {
  BatchNormalization: importBatchNormalization,
  LayerNormalization: importLayerNormalization,
  InstanceNormalization: importInstanceNormalization,
  GroupNormalization: importGroupNormalization,
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
};
