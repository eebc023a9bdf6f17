/** From graph nodes to what a machine loads. */
import type { Node } from "../graph/index.ts";
import { encodeOnnx, lower, type OnnxModel } from "../onnx/index.ts";
import type { ProgramSource } from "./machine.ts";

export interface Computation {
  /** What a run returns. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** State that a run replaces by the value of a node. */
  readonly updates?: Readonly<Record<string, Node>>;
}

/** Name of the output that becomes the state `name`. */
const nextOf = (name: string): string => `next ${name}`;

/** The ONNX model of a computation; updates are outputs called `next NAME`. */
export function computationModel({ outputs, updates = {} }: Computation): OnnxModel {
  const next = Object.entries(updates).map(([name, node]) => [nextOf(name), node] as const);
  return lower({ ...outputs, ...Object.fromEntries(next) });
}

/** Lowers and encodes a computation. */
export function programSource(computation: Computation): ProgramSource {
  const model = computationModel(computation);
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
