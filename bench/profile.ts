/**
 * Where the time of a training step goes, by ONNX operator: one JSON line. Of a classification model
 * it is the guided step, of a segmentation model (`_largefov`) SEC's.
 *
 *     node --import tsx bench/profile.ts [--model squeezenet1_1|vgg16|squeezenet1_1_largefov|…]
 *         [--batch-size 16] [--input-size 321] [--runs 5]
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { timedSec } from "./timedSec.ts";
import { timedStep } from "./timedStep.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "squeezenet1_1" },
    "batch-size": { type: "string" },
    "input-size": { type: "string", default: "321" },
    runs: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
  },
});
const batchSize = Number(values["batch-size"] ?? (values.model === "vgg16" ? 2 : 16));
const runs = Number(values.runs);

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: { readonly op_name?: string };
}

const folder = await mkdtemp(join(tmpdir(), "gain-profile-"));
try {
  await profiledRuns(join(folder, "step"));
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), "utf8")) as ProfileEvent[];
  const byOperator = new Map<string, number>();
  let total = 0;
  for (const { cat, name, dur, args } of events) {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
    // Microseconds of all runs to milliseconds of one image.
    const ms = dur / 1000 / runs / batchSize;
    const operator = args.op_name ?? "unknown";
    byOperator.set(operator, (byOperator.get(operator) ?? 0) + ms);
    total += ms;
  }
  const operators = [...byOperator].sort((a, b) => b[1] - a[1]);
  const msPerImage = Object.fromEntries(
    operators.map(([name, ms]) => [name, Number(ms.toFixed(2))]),
  );
  const line = { bench: "profile", model: values.model, batchSize, runs, total, msPerImage };
  console.log(JSON.stringify({ ...line, total: Number(total.toFixed(1)) }));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function profiledRuns(prefix: string): Promise<void> {
  const { source, state, feeds } = values.model.endsWith("_largefov")
    ? timedSec(values.model, batchSize, Number(values["input-size"]))
    : timedStep(values.model, batchSize);
  const session = await ort.InferenceSession.create(source.model, {
    intraOpNumThreads: Number(values.threads),
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: prefix,
  });
  const operands = Object.fromEntries(
    source.inputs.map(({ name, shape }) => {
      const data = feeds.get(name) ?? state.get(name)?.data ?? new Float32Array();
      return [name, new ort.Tensor("float32", data, shape)];
    }),
  );
  for (let run = 0; run < runs; run++) await session.run(operands);
  session.endProfiling();
  await session.release();
}
