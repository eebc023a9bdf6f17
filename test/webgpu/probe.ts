import * as ort from "onnxruntime-node";
import { writeFileSync } from "node:fs";
import { guide } from "../../src/gain/index.ts";
import { initialParameters, smallnet, squeezenet } from "../../src/nn/index.ts";
import { Random } from "../../src/random.ts";
import { programSource, computationModel } from "../../src/runtime/index.ts";
import { sizeOf } from "../../src/shape.ts";
import { optimizerFeeds, optimizerUpdate } from "../../src/train/optimizer.ts";
const which = process.argv[2] ?? "smallnet";
const random = new Random(4);
const model = which === "smallnet" ? smallnet({ classes: 3, inputSize: 32 }) : squeezenet({ classes: 3, inputSize: 64 });
const guidance = (process.argv[3] ?? "self") as "self" | "extra";
const { losses, inputs, gradients } = guide(model, { guidance, normalization: which === "smallnet" ? "max" : "minmax" }, { images: 2, supervised: guidance === "extra" ? 1 : 0 });
const { updates, slots } = optimizerUpdate(model.parameters, gradients, { kind: "sgd", momentum: 0.9, weightDecay: 5e-4 });
const comp = { outputs: { ...losses }, updates };
const m = computationModel(comp);
const force = m.graph.nodes.filter((n) => n.op === "MaxPool" && n.outputs.length > 1).map((n) => n.name);
console.error("forced", force);
const src = programSource(comp);
const feeds: Record<string, Float32Array> = {};
for (const i of src.inputs) feeds[i.name] = Float32Array.from({ length: sizeOf(i.shape) }, () => Math.abs(random.normal()) * 0.1);
for (const [k, v] of initialParameters(model, random)) feeds[k] = v.data;
for (const s of slots) feeds[s.name] = new Float32Array(sizeOf(s.shape));
for (const device of ["cpu", "webgpu"]) {
  const s = await ort.InferenceSession.create(src.model, {
    executionProviders: device === "cpu" ? ["cpu"] : [{ name: "webgpu", forceCpuNodeNames: force, preferredLayout: process.env.LAYOUT ?? "NHWC" } as never, "cpu"],
    enableProfiling: true, profileFilePrefix: `/tmp/prof_${device}`, logSeverityLevel: 3,
  });
  const t = performance.now();
  const r = await s.run(Object.fromEntries(src.inputs.map((i) => [i.name, new ort.Tensor("float32", feeds[i.name], i.shape)])));
  console.error(device, performance.now() - t, r.loss.data);
  globalThis[device as never] = r as never;
  s.endProfiling();
}
let worst = ["", 0];
const [c, w] = [(globalThis as any).cpu, (globalThis as any).webgpu];
for (const k of Object.keys(c)) { let d = 0; for (let i = 0; i < c[k].data.length; i++) d = Math.max(d, Math.abs(c[k].data[i] - w[k].data[i])); if (d > (worst[1] as number)) worst = [k, d]; }
console.error("worst", worst);
