/** A trained segmentation network as one ONNX file that any runtime can load. */
import { writeFile } from "node:fs/promises";
import { input } from "../graph/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import { encodeOnnx } from "../onnx/index.ts";
import { portableModel, type TensorData } from "../runtime/index.ts";
import { withInitializers, writeAtomically } from "../train/index.ts";
import type { SecConfig } from "./secConfig.ts";

/**
 * Writes the scores of one image as an ONNX model.
 *
 * Input `images` [1, 3, S, S], preprocessed as the file's metadata says; output `scores`
 * [1, 1 + C, h, w], before the softmax, background first.
 *
 * @throws {RunError} When the file cannot be written.
 */
export async function exportSegmentation(
  path: string,
  model: SegmentationModel,
  parameters: ReadonlyMap<string, TensorData>,
  { classes, version }: Pick<SecConfig, "classes" | "version">,
): Promise<void> {
  const { scores } = model.forward(input("images", [1, 3, model.inputSize, model.inputSize]));
  const bytes = encodeOnnx({
    ...withInitializers(portableModel({ outputs: { scores } }), parameters),
    metadata: {
      classes: JSON.stringify(["background", ...classes]),
      model: model.name,
      inputSize: String(model.inputSize),
      preprocessing: JSON.stringify(model.preprocessing),
      version,
    },
  });
  await writeAtomically(path, (temporary) => writeFile(temporary, bytes, { flush: true }));
}
