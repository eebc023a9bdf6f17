/** A classifier of another tool, with its trained weights, computes what ONNX Runtime computes. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { input } from "../../src/graph/index.ts";
import { importOnnx, initialParameters } from "../../src/nn/index.ts";
import { Random } from "../../src/random.ts";
import { runOnce } from "../../src/runtime/index.ts";

const path = fileURLToPath(new URL("../../../shared/weights/mobilenet_v2.onnx", import.meta.url));
const isThere = existsSync(path);

test.skipIf(!isThere)(
  `MobileNetV2's logits and features are those of the file${isThere ? "" : " (skipped: no ../shared/weights)"}`,
  async () => {
    const random = new Random(2);
    const images = Float32Array.from({ length: 2 * 3 * 224 ** 2 }, () => random.normal(0, 0.5));
    const session = await ort.InferenceSession.create(readFileSync(path));
    const { logits: expected } = await session.run({
      image: new ort.Tensor("float32", images, [2, 3, 224, 224]),
    });
    const model = importOnnx(path);
    expect(model).toMatchObject({ classes: 1000, inputSize: 224, attentionLayer: "features" });
    const { logits } = model.forward(input("images", [2, 3, 224, 224]));
    const parameters = Array.from(initialParameters(model, random), ([name, { data }]) => [
      name,
      data,
    ]);
    const results = await runOnce({ logits }, { images, ...Object.fromEntries(parameters) });
    const values = expected.data as Float32Array;
    const scale = Math.max(...values.map(Math.abs));
    const actual = results.get("logits")?.data ?? [];
    expect(actual).toHaveLength(values.length);
    expect(Math.max(...Array.from(actual, (v, i) => Math.abs(v - values[i])))).toBeLessThan(
      1e-5 * scale,
    );
  },
);
