/** Our side of gainStep.ts: `gainStepOurs.ts MODEL BATCH_SIZE THREADS`; see stepper.ts. */
import { createInterface } from "node:readline";
import { Machine } from "../src/runtime/index.ts";
import { timedStep } from "./timedStep.ts";

const [name, batchSize, threads] = process.argv.slice(2);
const { source, state, feeds } = timedStep(name, Number(batchSize));
const machine = new Machine({ device: "cpu", threads: Number(threads) });
const program = await machine.load(source);
machine.setState(state);

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
