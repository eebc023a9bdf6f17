/**
 * Depthwise convolutions and their derivatives by every algorithm that can compute them, at the shapes
 * of MobileNetV2, EfficientNet and ConvNeXt: one JSON line for each problem, with the algorithm that is
 * the default and milliseconds of a run of each (median), of the clock and of all cores together.
 *
 *     node --import tsx bench/depthwise.ts [--runs 9] [--threads 2] [--only convFilterGrad]
 *
 * Beside other work, milliseconds of the cores with one thread say most.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { convOutputSize, convWindow } from "../src/graph/index.ts";
import { type Algorithm, type ConvProblem, defaultAlgorithm } from "../src/onnx/index.ts";
import { Random } from "../src/random.ts";
import { type Candidate, candidatesFor } from "../src/runtime/candidates.ts";
import { Machine } from "../src/runtime/index.ts";
import { ownSeconds } from "./otherLoad.ts";
import { median, round } from "./spread.ts";
import { noise } from "./timed.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "9" },
    threads: { type: "string", default: "2" },
    only: { type: "string" },
  },
});
const runs = Number(values.runs);
const threads = Number(values.threads);

interface Layer {
  readonly network: string;
  readonly images?: number;
  readonly channels: number;
  /** Pixels of a side. */
  readonly size: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly dilation?: number;
}

const layers: readonly Layer[] = [
  { network: "MobileNetV2", channels: 32, size: 112 },
  { network: "MobileNetV2", channels: 96, size: 112, stride: 2 },
  { network: "MobileNetV2", channels: 144, size: 56 },
  { network: "MobileNetV2", channels: 144, size: 56, stride: 2 },
  { network: "MobileNetV2", channels: 192, size: 28 },
  { network: "MobileNetV2", channels: 192, size: 28, stride: 2 },
  { network: "MobileNetV2", channels: 384, size: 14 },
  { network: "MobileNetV2", channels: 576, size: 14 },
  { network: "MobileNetV2", channels: 576, size: 14, stride: 2 },
  { network: "MobileNetV2", channels: 960, size: 7 },
  { network: "MobileNetV2, stride 16", channels: 960, size: 14, dilation: 2 },
  { network: "EfficientNet-B0", channels: 144, size: 56, kernel: 5, stride: 2 },
  { network: "EfficientNet-B0", channels: 240, size: 28, kernel: 5 },
  { network: "EfficientNet-B0", channels: 672, size: 14, kernel: 5 },
  { network: "EfficientNet-B0", channels: 672, size: 14, kernel: 5, stride: 2 },
  { network: "EfficientNet-B0", channels: 1152, size: 7, kernel: 5 },
  { network: "ConvNeXt", images: 4, channels: 96, size: 56, kernel: 7 },
  { network: "ConvNeXt", images: 4, channels: 768, size: 7, kernel: 7 },
];

/** The convolution and its derivatives, with as many zeros around as keep the size at stride 1. */
function problemsOf(layer: Layer): ConvProblem[] {
  const { images = 16, channels, size, kernel = 3, stride = 1, dilation = 1 } = layer;
  const padding = dilation * (kernel >> 1);
  const window = convWindow({ stride, dilation, padding, groups: channels });
  const image = [images, channels, size, size];
  const filter = [channels, 1, kernel, kernel];
  const feature = [images, channels, ...convOutputSize(image, [kernel, kernel], window)];
  const ops = ["conv", "convInputGrad", "convFilterGrad"] as const;
  return ops.map((op) => ({ op, image, filter, feature, window }));
}

for (const layer of layers) {
  for (const problem of problemsOf(layer)) {
    if (values.only !== undefined && values.only !== problem.op) continue;
    const { op, image, filter, window } = problem;
    const what = { network: layer.network, op, image: image.join("x"), kernel: filter[2] };
    const { strides, dilations } = window;
    const how = { stride: strides[0], dilation: dilations[0], threads, runs };
    const figures = await timesOf(problem);
    const chosen = defaultAlgorithm(problem);
    console.log(JSON.stringify({ bench: "depthwise", ...what, ...how, chosen, ...figures }));
  }
}

interface Timer {
  readonly algorithm: Algorithm;
  /** Of the clock and of all cores together, for each run. */
  readonly ms: number[];
  readonly coreMs: number[];
  run(): Promise<void>;
}

/** Milliseconds of each algorithm; they take turns. */
async function timesOf(problem: ConvProblem) {
  const machine = new Machine({ device: "cpu", threads });
  try {
    const timers: Timer[] = [];
    for (const candidate of candidatesFor(problem)) timers.push(await timerOf(machine, candidate));
    for (let run = 0; run < runs; run++) for (const timer of timers) await timer.run();
    const of = (which: "ms" | "coreMs") =>
      timers.map((timer) => [timer.algorithm, round(median(timer[which]))] as const);
    return { ms: Object.fromEntries(of("ms")), coreMs: Object.fromEntries(of("coreMs")) };
  } finally {
    await machine.close();
  }
}

async function timerOf(machine: Machine, { algorithm, source }: Candidate): Promise<Timer> {
  const program = await machine.load(source);
  const random = new Random(0);
  const feeds = new Map(source.inputs.map(({ name, shape }) => [name, noise(shape, random)]));
  const ms: number[] = [];
  const coreMs: number[] = [];
  const run = async (): Promise<void> => {
    // The threads of the program before spin for a while, and the first run warms the caches.
    await setTimeout(20);
    await machine.run(program, feeds);
    const before = { time: performance.now(), core: ownSeconds() };
    await machine.run(program, feeds);
    ms.push(performance.now() - before.time);
    coreMs.push(1000 * (ownSeconds() - before.core));
  };
  return { algorithm, ms, coreMs, run };
}
