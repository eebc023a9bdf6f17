/** From graph nodes to what a machine loads. */
import { type Node, simplify } from "../graph/index.ts";
import {
  type Choices,
  type ConvProblem,
  choicesFor,
  convProblems,
  encodeOnnx,
  type LowerOptions,
  lower,
  type OnnxModel,
  plainAlgorithm,
} from "../onnx/index.ts";
import type { ProgramSource } from "./machine.ts";

export interface Computation {
  /** What a run returns. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** State that a run replaces by the value of a node. */
  readonly updates?: Readonly<Record<string, Node>>;
}

/** How a model is lowered, beside the choices. */
export type ModelOptions = Omit<LowerOptions, "choices">;

/** Name of the output that becomes the state `name`. */
const nextOf = (name: string): string => `next ${name}`;

/** What the model of a computation puts out; updates are called `next NAME`. */
function namedOutputs({ outputs, updates = {} }: Computation): Readonly<Record<string, Node>> {
  const next = Object.entries(updates).map(([name, node]) => [nextOf(name), node] as const);
  return { ...outputs, ...Object.fromEntries(next) };
}

/**
 * The ONNX model of a computation for others to read: its convolutions are ONNX's own, which every
 * runtime can fuse and tune, whatever is fastest here.
 */
export function portableModel(computation: Computation): OnnxModel {
  const outputs = Object.values(namedOutputs(computation));
  return computationModel(computation, choicesFor(outputs, plainAlgorithm));
}

/**
 * The ONNX model of a computation; updates are outputs called `next NAME`.
 *
 * @param choices  Algorithms of convolutions; the default where there is none.
 */
function computationModel(
  computation: Computation,
  choices?: Choices,
  options: ModelOptions = {},
): OnnxModel {
  return lower(namedOutputs(computation), { ...options, ...(choices && { choices }) });
}

/** The convolutions of a computation as its model will have them, by key. */
export function computationProblems(computation: Computation): Map<string, ConvProblem> {
  return convProblems(simplify(Object.values(namedOutputs(computation))));
}

/** Lowers and encodes a computation. */
export function programSource(
  computation: Computation,
  choices?: Choices,
  options?: ModelOptions,
): ProgramSource {
  const model = computationModel(computation, choices, options);
  return {
    model: encodeOnnx(model),
    inputs: model.graph.inputs.map(({ name, shape }) => ({ name, shape: shape.map(Number) })),
    outputs: Object.keys(computation.outputs),
    // ONNX Runtime's WebGPU provider takes MaxPool but not its second output.
    cpuOnly: model.graph.nodes
      .filter(({ op, outputs }) => op === "MaxPool" && outputs.length > 1)
      .map(({ name }) => name),
    updates: Object.keys(computation.updates ?? {}).map((state) => ({
      state,
      output: nextOf(state),
    })),
  };
}
