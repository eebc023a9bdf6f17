import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { swiftShaderEnvironment } from "./swiftShader.ts";
import { trainingSteps } from "./trainingSteps.ts";

/** The project's contract; float32 in another order of summation is measured at 1e-6. */
const TOLERANCE = 1e-4;

test("training on WebGPU equals training on the CPU", async () => {
  const onCpu = await trainingSteps("cpu");
  const onGpu = trainingStepsOnWebGpu();
  expect(Object.keys(onGpu)).toEqual([...onCpu.keys()]);
  for (const [name, { data }] of onCpu) {
    const values = onGpu[name];
    expect(values, name).toHaveLength(data.length);
    const largest = data.reduce((max, value, i) => Math.max(max, Math.abs(value - values[i])), 0);
    expect(largest, name).toBeLessThan(TOLERANCE);
  }
});

/** In a process of its own, because ONNX Runtime looks for a GPU when it is loaded. */
function trainingStepsOnWebGpu(): Record<string, number[]> {
  const folder = mkdtempSync(join(tmpdir(), "webgpu-"));
  try {
    const file = join(folder, "results.json");
    const script = fileURLToPath(new URL("child.ts", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, file], {
      env: { ...process.env, ...swiftShaderEnvironment() },
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, number[]>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
