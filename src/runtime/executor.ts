/** A machine on a thread of its own, so that the calling thread stays free. */
import { Worker } from "node:worker_threads";
import type { Choices } from "../onnx/index.ts";
import { workerUrl } from "../workerUrl.ts";
import { AlgorithmChooser, type AlgorithmOptions, type Measurement } from "./algorithmChooser.ts";
import { type MachineOptions, RuntimeError, type TensorData } from "./machine.ts";
import {
  type Computation,
  computationProblems,
  type ModelOptions,
  programSource,
} from "./program.ts";
import type { Reply, Request } from "./worker.ts";

export interface ExecutorOptions extends MachineOptions {
  /** How convolutions are computed; by the default algorithms where nothing is said. */
  readonly algorithms?: AlgorithmOptions;
}

export type Feeds = Readonly<Record<string, Float32Array>>;
export type Results = ReadonlyMap<string, TensorData>;

/** A computation that is loaded and can be run again and again. */
export interface Program {
  /**
   * @param feeds     Values of the inputs that are not state.
   * @param transfer  Arrays that the caller gives away; the others are copied.
   */
  run(feeds: Feeds, transfer?: readonly Float32Array[]): Promise<Results>;
  /** Gives its memory back; it cannot be run any more. */
  unload(): Promise<void>;
}

interface Pending {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export class Executor {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #chooser: AlgorithmChooser;
  #nextId = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  private constructor(worker: Worker, algorithms: AlgorithmOptions) {
    this.#worker = worker;
    this.#chooser = new AlgorithmChooser(algorithms, async (sources) => {
      const reply = await this.#ask({ kind: "measure", sources });
      if (reply.kind !== "measured") throw new RuntimeError(`internal: unexpected ${reply.kind}.`);
      return reply.milliseconds;
    });
    worker.on("message", (reply: Reply) => this.#settle(reply));
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new RuntimeError("the runtime's thread has ended.")));
  }

  /**
   * Starts the thread.
   *
   * @throws {RuntimeError} When ONNX Runtime cannot be loaded.
   */
  static async start({ algorithms = {}, ...machine }: ExecutorOptions): Promise<Executor> {
    const url = workerUrl(import.meta.url, "worker");
    const worker = new Worker(url, { workerData: machine, execArgv: [] });
    const executor = new Executor(worker, algorithms);
    await executor.#ask({ kind: "ready" });
    return executor;
  }

  /** The algorithm of every convolution compiled so far, by problem. */
  get choices(): Choices {
    return this.#chooser.choices;
  }

  /** What was measured to choose them, by problem. */
  get measured(): ReadonlyMap<string, Measurement> {
    return this.#chooser.measured;
  }

  /** Chooses the algorithms of a computation, lowers it and loads it. */
  async compile(computation: Computation, options?: ModelOptions): Promise<Program> {
    const choices = await this.#chooser.choose(computationProblems(computation));
    const source = programSource(computation, choices, options);
    const reply = await this.#ask({ kind: "load", source });
    if (reply.kind !== "loaded") throw new RuntimeError(`internal: unexpected ${reply.kind}.`);
    const { program } = reply;
    return {
      run: async (feeds, transfer = []) => {
        const given = new Map(Object.entries(feeds));
        const answer = await this.#ask({ kind: "run", program, feeds: given }, transfer);
        if (answer.kind !== "tensors")
          throw new RuntimeError(`internal: unexpected ${answer.kind}.`);
        return answer.tensors;
      },
      unload: async () => {
        await this.#ask({ kind: "unload", program });
      },
    };
  }

  async setState(tensors: Iterable<readonly [string, TensorData]>): Promise<void> {
    await this.#ask({ kind: "setState", tensors: new Map(tensors) });
  }

  /** Copies of the named state, all of it by default. */
  async getState(names?: readonly string[]): Promise<Map<string, TensorData>> {
    const reply = await this.#ask({ kind: "getState", names });
    if (reply.kind !== "tensors") throw new RuntimeError(`internal: unexpected ${reply.kind}.`);
    return reply.tensors;
  }

  /** Releases the sessions and ends the thread, once what is under way is done. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    if (this.#failure !== undefined) return;
    await this.#ask({ kind: "close" });
    await this.#worker.terminate();
  }

  #ask(request: Request, transfer: readonly Float32Array[] = []): Promise<Reply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // An idle executor does not keep the process alive; one with work does.
      this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage(
        { id, request },
        transfer.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.kind === "error") pending?.reject(new RuntimeError(reply.message));
    else pending?.resolve(reply);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
