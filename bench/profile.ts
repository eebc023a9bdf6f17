/**
 * Where the time of a training step goes, by ONNX operator: one JSON line. Of a classification model
 * it is the guided step, of a segmentation model (`_largefov`) SEC's.
 *
 *     node --import tsx bench/profile.ts [--model squeezenet1_1|vgg16|squeezenet1_1_largefov|…]
 *         [--batch-size 16] [--input-size 321] [--runs 5] [--threads 2] [--top 0]
 *
 * With --top N the N most expensive nodes follow on the standard error, one a line: milliseconds an
 * image, operator, shapes of its inputs and outputs, name.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { programSource } from "../src/runtime/index.ts";
import { round } from "./spread.ts";
import { timedGain } from "./timedGain.ts";
import { timedSec } from "./timedSec.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "squeezenet1_1" },
    "batch-size": { type: "string" },
    "input-size": { type: "string", default: "321" },
    runs: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    top: { type: "string", default: "0" },
  },
});
const batchSize = Number(values["batch-size"] ?? (values.model.startsWith("vgg16") ? 2 : 16));
const runs = Number(values.runs);

/** An entry of ONNX Runtime's profile; times in microseconds. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: TypedShapes;
    readonly output_type_shape?: TypedShapes;
  };
}

/** Of each operand or result, its shape by its type. */
type TypedShapes = readonly Readonly<Record<string, readonly number[]>>[];

interface NodeTime {
  readonly name: string;
  readonly operator: string;
  /** Of inputs and outputs. */
  readonly shapes: string;
  /** Milliseconds an image. */
  readonly ms: number;
}

const folder = await mkdtemp(join(tmpdir(), "gain-profile-"));
try {
  await profiledRuns();
  const profiles = await Promise.all((await readdir(folder)).map(readProfile));
  const nodes = profiles.flatMap(nodeTimes).sort((a, b) => b.ms - a.ms);
  const byOperator = new Map<string, number>();
  for (const { operator, ms } of nodes) {
    byOperator.set(operator, (byOperator.get(operator) ?? 0) + ms);
  }
  const operators = [...byOperator].sort((a, b) => b[1] - a[1]);
  const total = nodes.reduce((sum, { ms }) => sum + ms, 0);
  const msPerImage = Object.fromEntries(operators.map(([name, ms]) => [name, round(ms)]));
  const line = { bench: "profile", model: values.model, batchSize, runs, total: round(total) };
  console.log(JSON.stringify({ ...line, msPerImage }));
  for (const { ms, operator, shapes, name } of nodes.slice(0, Number(values.top))) {
    console.error(`${ms.toFixed(2).padStart(8)}  ${operator.padEnd(16)}  ${shapes}  ${name}`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The first run allocates memory: it is in the profile but does not count. */
async function profiledRuns(): Promise<void> {
  const timed = values.model.endsWith("_largefov")
    ? timedSec(values.model, batchSize, Number(values["input-size"]))
    : timedGain(values.model, batchSize);
  const tensor = (shape: readonly number[], data: Float32Array): ort.Tensor =>
    new ort.Tensor("float32", data, shape);
  const state = new Map(
    [...timed.state].map(([name, { shape, data }]) => [name, tensor(shape, data)]),
  );
  const parts = await Promise.all(
    timed.parts.map(async ({ computation, feeds }, part) => {
      const source = programSource(computation);
      const session = await ort.InferenceSession.create(source.model, {
        intraOpNumThreads: Number(values.threads),
        enableMemPattern: false,
        enableProfiling: true,
        profileFilePrefix: join(folder, `part${part}`),
      });
      return { source, session, feeds };
    }),
  );
  for (let run = 0; run < 1 + runs; run++) {
    for (const { source, session, feeds } of parts) {
      const fed = feeds();
      const operands: Record<string, ort.Tensor> = {};
      for (const { name, shape } of source.inputs) {
        const data = fed.get(name);
        const value = data === undefined ? state.get(name) : tensor(shape, data);
        if (value === undefined) throw new RangeError(`internal: "${name}" is not fed.`);
        operands[name] = value;
      }
      const results = await session.run(operands);
      for (const { state: name, output } of source.updates) state.set(name, results[output]);
    }
  }
  for (const { session } of parts) {
    session.endProfiling();
    await session.release();
  }
}

async function readProfile(file: string): Promise<ProfileEvent[]> {
  return JSON.parse(await readFile(join(folder, file), "utf8")) as ProfileEvent[];
}

/** Time of each node of one program over all runs but the first. */
function nodeTimes(events: readonly ProfileEvent[]): NodeTime[] {
  const [, second] = events.filter(({ name }) => name === "model_run").map(({ ts }) => ts);
  const nodes = new Map<string, NodeTime>();
  for (const { cat, name, ts, dur, args = {} } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time") || ts < second) continue;
    nodes.set(name, {
      name: name.replace("_kernel_time", ""),
      operator: args.op_name ?? "unknown",
      shapes: `${written(args.input_type_shape)} -> ${written(args.output_type_shape)}`,
      ms: (nodes.get(name)?.ms ?? 0) + dur / 1000 / runs / batchSize,
    });
  }
  return [...nodes.values()];
}

/** Such as `2x3x224x224 64x3x3x3`; a scalar is `1`. */
function written(shapes: TypedShapes = []): string {
  return shapes.map((shape) => Object.values(shape)[0].join("x") || "1").join(" ");
}
