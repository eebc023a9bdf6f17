/** Our side of gainStep.ts: `gainStepOurs.ts MODEL BATCH_SIZE THREADS`; see stepper.ts. */
import { createInterface } from "node:readline";
import { guide } from "../src/gain/index.ts";
import { initialParameters } from "../src/nn/index.ts";
import { Random } from "../src/random.ts";
import { Machine, programSource } from "../src/runtime/index.ts";
import { sizeOf } from "../src/shape.ts";
import { type OptimizerOptions, optimizerFeeds, optimizerUpdate } from "../src/train/optimizer.ts";
import { timedModel } from "./models.ts";

const optimizer: OptimizerOptions = { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 };

const [name, batchSize, threads] = process.argv.slice(2);
const random = new Random(0);
const model = timedModel(name);
const step = guide(model, { guidance: "self" }, { images: Number(batchSize) });
const { updates, slots } = optimizerUpdate(model.parameters, step.gradients, optimizer);

const machine = new Machine({ device: "cpu", threads: Number(threads) });
const program = await machine.load(programSource({ outputs: { ...step.losses }, updates }));
machine.setState(initialParameters(model, random));
machine.setState(
  slots.map(({ name, shape }) => [name, { shape, data: new Float32Array(sizeOf(shape)) }] as const),
);
const feeds = new Map(Object.entries({ ...batch(), ...optimizerFeeds(optimizer, 1e-4, 1, 0) }));

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "step") break;
  const start = performance.now();
  await machine.run(program, feeds);
  console.log(JSON.stringify({ ms: performance.now() - start }));
}
// maxRSS is in KiB.
console.log(JSON.stringify({ peakBytes: process.resourceUsage().maxRSS * 1024 }));
await machine.close();

/** Noise of the deviation of photographs; image i is of class i. */
function batch(): Record<string, Float32Array> {
  const { images, tags, chosen, miningWeights } = step.inputs;
  const count = Number(batchSize);
  const oneHot = Float32Array.from({ length: sizeOf(tags.shape) }, (_, i) =>
    i % model.classes === Math.floor(i / model.classes) % model.classes ? 1 : 0,
  );
  return {
    images: Float32Array.from({ length: sizeOf(images.shape) }, () => random.normal(0, 60)),
    tags: oneHot,
    ...(chosen !== undefined && { chosen: oneHot }),
    ...(miningWeights !== undefined && { miningWeights: new Float32Array(count).fill(1 / count) }),
  };
}
