/**
 * The arithmetic that the machine can do: `peak.ts THREADS`. A step (see stepper.ts) is a large matrix
 * product in ONNX Runtime.
 */
import { input, matmul, slice } from "../src/graph/index.ts";
import { Random } from "../src/random.ts";
import { Machine, programSource } from "../src/runtime/index.ts";
import { answerSteps } from "./answerSteps.ts";
import { median } from "./spread.ts";

const size = 2048;
const products = 3;

const random = new Random(0);
const factor = (): Float32Array =>
  Float32Array.from({ length: size * size }, () => random.uniform(-1, 1));
const feeds = new Map([
  ["a", factor()],
  ["b", factor()],
]);
const product = matmul(input("a", [size, size]), input("b", [size, size]));
// Only a corner leaves ONNX Runtime, so that no copy is timed.
const computation = { outputs: { corner: slice(product, [0, 0], [1, 1]) } };
const machine = new Machine({ device: "cpu", threads: Number(process.argv[2]) });
const program = await machine.load(programSource(computation));
await answerSteps({ flops: 2 * size ** 3 }, async () => {
  const times: number[] = [];
  for (let i = 0; i < products; i++) {
    const start = performance.now();
    await machine.run(program, feeds);
    times.push(performance.now() - start);
  }
  return median(times);
});
await machine.close();
