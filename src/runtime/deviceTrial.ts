/**
 * A process that tries ONNX Runtime on one device and prints a `TrialReply`: a driver may end the
 * process or hang, and so must not run in the caller's.
 *
 *     node deviceTrial.js cpu|webgpu|cuda THREADS
 *     node deviceTrial.js list
 */

import { conv, input, interpret, type Node } from "../graph/index.ts";
import { messageOf } from "../messageOf.ts";
import { choicesFor, plainAlgorithm } from "../onnx/index.ts";
import { Random } from "../random.ts";
import type { Device, Machine } from "./machine.ts";
import { programSource } from "./program.ts";
import type { Backend } from "./tryDevice.ts";

export type TrialReply =
  | { readonly kind: "backends"; readonly version: string; readonly backends: readonly Backend[] }
  | { readonly kind: "ran"; readonly gigaflops: number }
  | { readonly kind: "error"; readonly message: string };

const [task, threads] = process.argv.slice(2);

async function trial(): Promise<TrialReply> {
  try {
    return task === "list" ? await list() : await run(task as Device, Number(threads));
  } catch (error) {
    return { kind: "error", message: messageOf(error) };
  }
}

// Imported here, so that a library that cannot be loaded is an answer, too.
async function list(): Promise<TrialReply> {
  const { env, listSupportedBackends } = await import("onnxruntime-node");
  return { kind: "backends", version: env.versions.node ?? "", backends: listSupportedBackends() };
}

async function run(device: Device, threads: number): Promise<TrialReply> {
  const { Machine } = await import("./machine.ts");
  const machine = new Machine({ device, threads });
  await requireRightResult(machine);
  const gigaflops = await speedOf(machine);
  await machine.close();
  return { kind: "ran", gigaflops };
}

/** @throws {Error} When a small convolution is not what the interpreter says. */
async function requireRightResult(machine: Machine): Promise<void> {
  const { outputs, feeds } = convolution({ images: 1, channels: 3, filters: 4, side: 8 });
  const program = await machine.load(programSource({ outputs }));
  const results = await machine.run(program, new Map(Object.entries(feeds)));
  const [expected] = interpret([outputs.y], feeds);
  const got = results.get("y")?.data ?? new Float32Array(0);
  const isRight = expected.every((value, i) => Math.abs(value - got[i]) < 1e-2);
  if (!isRight) throw new Error("a convolution's result is wrong");
}

/** How long the speed is measured, milliseconds. */
const measuredTime = 600;

/** The best of some runs of a convolution as networks have them, in 10⁹ operations a second. */
async function speedOf(machine: Machine): Promise<number> {
  const size = { images: 4, channels: 64, filters: 64, side: 56 };
  const { outputs, feeds } = convolution(size);
  const choices = choicesFor(Object.values(outputs), plainAlgorithm);
  const program = await machine.load(programSource({ outputs }, choices));
  const fed = new Map(Object.entries(feeds));
  await machine.run(program, fed);
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + measuredTime;
  while (performance.now() < end) {
    const start = performance.now();
    await machine.run(program, fed);
    best = Math.min(best, performance.now() - start);
  }
  const operations = 2 * 9 * size.images * size.channels * size.filters * size.side ** 2;
  return operations / best / 1e6;
}

interface ConvolutionSize {
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  /** Height and width, pixels. */
  readonly side: number;
}

/** A 3x3 convolution of noise with padding 1. */
function convolution({ images, channels, filters, side }: ConvolutionSize): {
  readonly outputs: { readonly y: Node };
  readonly feeds: Readonly<Record<"x" | "w", Float32Array>>;
} {
  const random = new Random(1);
  const noise = (length: number): Float32Array =>
    Float32Array.from({ length }, () => random.normal());
  const x = input("x", [images, channels, side, side]);
  const w = input("w", [filters, channels, 3, 3]);
  return {
    outputs: { y: conv(x, w, { padding: 1 }) },
    feeds: { x: noise(images * channels * side * side), w: noise(filters * channels * 9) },
  };
}

// On a line of its own, the last: a driver may have printed something.
process.stdout.write(`\n${JSON.stringify(await trial())}\n`, () => process.exit(0));
