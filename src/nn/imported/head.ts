/** The classification head of a file: its last linear layer, and what lies behind it. */
import {
  add,
  concat,
  exp,
  gatherConstant,
  log,
  max,
  mean,
  type Node,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../../graph/index.ts";
import type { ImportedNetwork } from "../../onnx/import/index.ts";
import { OnnxError, type OnnxNode } from "../../onnx/index.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import { poolingHead } from "../head.ts";
import { normal } from "../initialize.ts";
import type { Net } from "../model.ts";
import type { ImportOptions } from "./options.ts";

/** Operators that turn scores into probabilities. */
const squashing: ReadonlySet<string> = new Set(["Softmax", "LogSoftmax", "Sigmoid"]);

/** Operators that lay numbers out otherwise. */
const layingOut: ReadonlySet<string> = new Set([
  "Cast",
  "Flatten",
  "Identity",
  "Reshape",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

/** Operators that may stand between the last linear layer and the scores. */
const passing: ReadonlySet<string> = new Set([
  "Add",
  "AveragePool",
  "Dropout",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "ReduceMean",
  "Relu",
  ...layingOut,
  ...squashing,
]);

/**
 * The scores before they are squashed: the operand of a softmax or sigmoid at the end, whatever lays
 * its results out.
 */
export function scoresOf(network: ImportedNetwork, output: string): string {
  let scores = output;
  for (let name = output; ; ) {
    const node = network.producerOf(name);
    if (node === undefined || !(layingOut.has(node.op) || squashing.has(node.op))) return scores;
    [name] = node.inputs;
    if (squashing.has(node.op)) scores = name;
  }
}

/**
 * What the last linear layer reads: the features that a new head takes.
 *
 * @returns  Name of the tensor.
 * @throws {OnnxError} When the scores do not come from a linear layer.
 */
export function featuresOf(network: ImportedNetwork, output: string): string {
  for (let name = output; ; ) {
    const node = network.producerOf(name);
    if (node !== undefined && isLinear(node, network)) {
      const features = node.inputs.find((operand) => !isWeight(network, operand));
      return beforeDropout(network, features ?? node.inputs[0]);
    }
    if (node === undefined || !passing.has(node.op)) {
      throw new OnnxError(
        `${network.file}: output "${output}" must come from a linear layer (Gemm, MatMul or a 1x1 Conv) ` +
          `to be given new classes; got ${node === undefined ? "none" : `${node.op} "${node.name}"`} behind it. ` +
          "Keep the file's own classes (keepHead), or export the classifier with a linear layer at its end.",
      );
    }
    name = node.inputs.find((operand) => !isWeight(network, operand)) ?? node.inputs[0];
  }
}

const isWeight = ({ weights, model }: ImportedNetwork, name: string): boolean =>
  weights.has(name) || model.graph.initializers.some((tensor) => tensor.name === name);

function isLinear({ op, inputs }: OnnxNode, network: ImportedNetwork): boolean {
  if (op === "Gemm" || op === "MatMul") return true;
  if (op !== "Conv") return false;
  const filter = network.weights.get(inputs[1])?.shape;
  return filter?.slice(2).every((size) => size === 1) ?? false;
}

/** A dropout does nothing here, and its operand has a better name. */
function beforeDropout(network: ImportedNetwork, name: string): string {
  const node = network.producerOf(name);
  return node?.op === "Dropout" || node?.op === "Identity"
    ? beforeDropout(network, node.inputs[0])
    : name;
}

interface NewHead {
  /** Of its layer. */
  readonly name: string;
  readonly classes: number;
  /** Whether the channels of features with four axes are the last one. */
  readonly isChannelsLast: boolean;
}

/**
 * Logits [N, classes] from features [N, K, H, W] by a 1x1 convolution and global average pooling,
 * from vectors [N, K] by a linear layer, from tokens [N, T, K] or [N, H, W, K] by their mean and a
 * linear layer.
 */
export function newHead(
  net: Net,
  features: Node,
  { name, classes, isChannelsLast }: NewHead,
): Node {
  if (features.shape.length === 4 && !isChannelsLast) {
    return poolingHead(net, features, classes, name);
  }
  const places = [...features.shape.keys()].slice(1, -1);
  const vectors = places.length === 0 ? features : mean(features, places);
  return net.head(() =>
    net.dense(name, vectors, classes, { activation: "none", initialize: normal(0.01) }),
  );
}

/**
 * The name of a new head's layer: "head", or "head2" and so on where a layer of the file that stays
 * has it.
 *
 * @param end  Name of the tensor that the head reads.
 */
export function headName(network: ImportedNetwork, end: string): string {
  const taken = new Set(network.nodesFor([end]).flatMap(({ inputs }) => inputs));
  let name = "head";
  for (let i = 2; taken.has(`${name}.weight`) || taken.has(`${name}.bias`); i++) name = `head${i}`;
  return name;
}

/**
 * Logits [N, classes] from the file's scores.
 *
 * @param groups  For each class its scores' places, as in `ImportOptions.outputsOfClasses`.
 */
export function chosenOutputs(
  file: string,
  scores: Node,
  groups: ImportOptions["outputsOfClasses"],
): Node {
  const [images, count] = scores.shape;
  if (sizeOf(scores.shape) !== images * count || scores.shape.length < 2) {
    throw new OnnxError(
      `${file}: class scores must be [N, classes]; got ${formatShape(scores.shape)}. Export the classifier alone, or give it new classes.`,
    );
  }
  const flat = reshape(scores, [images, count]);
  if (groups === undefined) return flat;
  const outside = groups
    .flat()
    .find((place) => !Number.isInteger(place) || place < 0 || place >= count);
  if (outside !== undefined || groups.some((places) => places.length === 0)) {
    throw new OnnxError(
      `${file}: outputs of each class must be places in [0, ${count}); got ${outside ?? "none"}.`,
    );
  }
  return concat(
    groups.map((places) => logSumExp(gatherConstant(flat, places, 1))),
    1,
  );
}

/** log Σ exp along the last axis of [N, n], which stays: [N, 1]. */
function logSumExp(x: Node): Node {
  if (x.shape[1] === 1) return x;
  const highest = stopGradient(max(x, 1, { keepDims: true }));
  return add(log(sum(exp(sub(x, highest)), 1, { keepDims: true })), highest);
}
