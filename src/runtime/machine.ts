/**
 * Runs graphs with ONNX Runtime in the calling thread, which blocks meanwhile; `Executor` is the
 * same on a thread of its own.
 *
 * A machine keeps named tensors, its state, between runs: parameters, and what the optimiser knows.
 */

import * as ort from "onnxruntime-node";
import { messageOf } from "../messageOf.ts";
import { formatShape, sizeOf } from "../shape.ts";

export type Device = "cpu" | "webgpu" | "cuda";

export interface MachineOptions {
  readonly device: Device;
  /** Threads of one operator. */
  readonly threads: number;
}

/** A float32 tensor on its way in or out. */
export interface TensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An encoded model and which of its inputs and outputs are state. */
export interface ProgramSource {
  readonly model: Uint8Array;
  /** Every input's name with its shape. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Names of operators that only the CPU provider can run. */
  readonly cpuOnly: readonly string[];
  /** Outputs that the caller gets. */
  readonly outputs: readonly string[];
  /** State that a run replaces: its name with the output that is its next value. */
  readonly updates: readonly { readonly state: string; readonly output: string }[];
}

/** A failure of ONNX Runtime or a run that does not fit its program. */
export class RuntimeError extends Error {
  override name = "RuntimeError";
}

interface Program {
  readonly source: ProgramSource;
  readonly session: ort.InferenceSession;
}

export class Machine {
  readonly #options: MachineOptions;
  readonly #programs = new Map<number, Program>();
  readonly #state = new Map<string, ort.Tensor>();

  #nextProgram = 0;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /** @returns  The program's number, for `run`. */
  async load(source: ProgramSource): Promise<number> {
    const { device, threads } = this.#options;
    let session: ort.InferenceSession;
    try {
      session = await ort.InferenceSession.create(source.model, {
        executionProviders: providersFor(device, source.cpuOnly),
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        // With a pattern, the first run's blocks stay beside the one block of all later runs.
        enableMemPattern: false,
        logSeverityLevel: 3,
      });
    } catch (error) {
      throw new RuntimeError(
        `load: ONNX Runtime refused the model on device "${device}": ${messageOf(error)}. ${cures[device]}`,
      );
    }
    const program = this.#nextProgram++;
    this.#programs.set(program, { source, session });
    return program;
  }

  setState(tensors: Iterable<readonly [string, TensorData]>): void {
    for (const [name, { shape, data }] of tensors) {
      this.#state.set(name, new ort.Tensor("float32", data, shape));
    }
  }

  /** Copies of the named state, all of it by default. */
  getState(names: readonly string[] = [...this.#state.keys()]): Map<string, TensorData> {
    return new Map(names.map((name) => [name, copyOf(this.#stateTensor(name))]));
  }

  /** Runs a program; inputs that are not fed come from the state. */
  async run(
    program: number,
    feeds: ReadonlyMap<string, Float32Array>,
  ): Promise<Map<string, TensorData>> {
    const loaded = this.#programs.get(program);
    if (loaded === undefined) {
      throw new RuntimeError(
        `run: program ${program} must be loaded; it was unloaded or never was.`,
      );
    }
    const { source, session } = loaded;
    const operands: Record<string, ort.Tensor> = {};
    for (const { name, shape } of source.inputs) {
      const fed = feeds.get(name);
      if (fed !== undefined && fed.length !== sizeOf(shape)) {
        throw new RuntimeError(
          `run: "${name}" must have ${sizeOf(shape)} values for shape ${formatShape(shape)}; got ${fed.length}.`,
        );
      }
      operands[name] =
        fed === undefined ? this.#stateTensor(name) : new ort.Tensor("float32", fed, shape);
    }
    const results = await session.run(operands);
    for (const { state, output } of source.updates) this.#state.set(state, results[output]);
    return new Map(source.outputs.map((name) => [name, copyOf(results[name])]));
  }

  /** Gives a program's memory back; it cannot be run any more. */
  async unload(program: number): Promise<void> {
    await this.#programs.get(program)?.session.release();
    this.#programs.delete(program);
  }

  async close(): Promise<void> {
    for (const program of [...this.#programs.keys()]) await this.unload(program);
    this.#state.clear();
  }

  #stateTensor(name: string): ort.Tensor {
    const tensor = this.#state.get(name);
    if (tensor === undefined) {
      throw new RuntimeError(
        `run: "${name}" must be fed or be state; it is neither. Feed it, or set it with setState.`,
      );
    }
    return tensor;
  }
}

const cures: Readonly<Record<Device, string>> = {
  cpu: "Report this with the model's name.",
  webgpu: "It needs a driver for Vulkan, Metal or Direct3D 12; else use the device cpu.",
  cuda: "It needs CUDA 12 and ONNX Runtime's CUDA libraries (docs/dependencies.md); else use cpu.",
};

function providersFor(
  device: Device,
  cpuOnly: readonly string[],
): ort.InferenceSession.ExecutionProviderConfig[] {
  switch (device) {
    case "cpu":
      return ["cpu"];
    case "webgpu":
      // ONNX Runtime refuses an empty list.
      return [{ name: "webgpu", ...(cpuOnly.length > 0 && { forceCpuNodeNames: cpuOnly }) }, "cpu"];
    case "cuda":
      return ["cuda", "cpu"];
  }
}

function copyOf(tensor: ort.Tensor): TensorData {
  const { data, dims } = tensor;
  if (!(data instanceof Float32Array)) {
    throw new RuntimeError(`internal: expected float32 values; got ${tensor.type}.`);
  }
  return { shape: dims, data: data.slice() };
}
