/** The thread behind an `Executor`: a machine that answers messages one by one. */

import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../messageOf.ts";
import { Machine, type MachineOptions, type ProgramSource, type TensorData } from "./machine.ts";
import { measurePrograms } from "./measure.ts";

export type Request =
  | { readonly kind: "ready" }
  | { readonly kind: "load"; readonly source: ProgramSource }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly feeds: ReadonlyMap<string, Float32Array>;
    }
  | { readonly kind: "unload"; readonly program: number }
  | { readonly kind: "measure"; readonly sources: readonly ProgramSource[] }
  | { readonly kind: "setState"; readonly tensors: ReadonlyMap<string, TensorData> }
  | { readonly kind: "getState"; readonly names: readonly string[] | undefined }
  | { readonly kind: "close" };

export type Reply = { readonly id: number } & (
  | { readonly kind: "done" }
  | { readonly kind: "loaded"; readonly program: number }
  | { readonly kind: "tensors"; readonly tensors: Map<string, TensorData> }
  | { readonly kind: "measured"; readonly milliseconds: readonly number[] }
  | { readonly kind: "error"; readonly message: string }
);

type Answer = Reply extends infer R ? (R extends Reply ? Omit<R, "id"> : never) : never;

const machine = new Machine(workerData as MachineOptions);

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case "ready":
      return { kind: "done" };
    case "load":
      return { kind: "loaded", program: await machine.load(request.source) };
    case "run":
      return { kind: "tensors", tensors: await machine.run(request.program, request.feeds) };
    case "unload":
      await machine.unload(request.program);
      return { kind: "done" };
    case "measure":
      return { kind: "measured", milliseconds: await measurePrograms(machine, request.sources) };
    case "setState":
      machine.setState(request.tensors);
      return { kind: "done" };
    case "getState":
      return { kind: "tensors", tensors: machine.getState(request.names) };
    case "close":
      await machine.close();
      return { kind: "done" };
  }
}

// Requests are answered in order, each after the one before has ended.
let last: Promise<void> = Promise.resolve();

parentPort?.on("message", ({ id, request }: { id: number; request: Request }) => {
  last = last.then(async () => {
    try {
      const reply = await answer(request);
      const buffers =
        "tensors" in reply
          ? [...reply.tensors.values()].map(({ data }) => data.buffer as ArrayBuffer)
          : [];
      parentPort?.postMessage({ id, ...reply }, buffers);
    } catch (error) {
      const message = messageOf(error);
      parentPort?.postMessage({ id, kind: "error", message });
    }
  });
});
