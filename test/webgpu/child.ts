/** `child.ts FILE`: the training steps on WebGPU; writes their results to FILE as JSON. */
import { writeFileSync } from "node:fs";
import { trainingSteps } from "./trainingSteps.ts";

const results = await trainingSteps("webgpu");
const entries = [...results].map(([name, { data }]) => [name, [...data]]);
writeFileSync(process.argv[2], JSON.stringify(Object.fromEntries(entries)));
