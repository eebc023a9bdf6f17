/** A trained classifier as one ONNX file that any runtime can load. */
import { attend } from "../gain/index.ts";
import { transpose } from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import type { TensorData } from "../runtime/index.ts";
import type { RunConfig } from "./config.ts";
import { type ExportOptions, forwardOf, type ModelFile, writeModelFile } from "./writeModelFile.ts";

/**
 * Writes logits and attention maps of all classes as an ONNX model.
 *
 * Input `images`, in the form that is asked for (see `ImageForm`). Outputs `logits` [N, C], of which
 * 1 / (1 + exp(−logit)) is a class's probability, and `attention` [N, C, h, w], Grad-CAM of each class,
 * each map divided by its maximum: in [0, 1], zeros where nothing speaks for the class.
 *
 * Metadata beside that of `writeModelFile`: `layer`, whose maps they are; `guidance`, with which the
 * model was trained; `attention`, how the maps are scaled; `probability`, how it comes from a logit.
 *
 * @throws {RunError} When the file cannot be written.
 */
export function exportModel(
  path: string,
  model: Model,
  parameters: ReadonlyMap<string, TensorData>,
  { classes, options, runtime }: Pick<RunConfig, "classes" | "options" | "runtime">,
  { batchSize = 1, images = "preprocessed" }: ExportOptions = {},
): Promise<ModelFile> {
  const { layer = model.attentionLayer, guidance } = options;
  const fed: Model = { ...model, forward: forwardOf(model, images) };
  const { logits, maps } = attend(fed, batchSize, layer);
  return writeModelFile(path, {
    outputs: { logits, attention: transpose(maps, [1, 0, 2, 3]) },
    parameters,
    images,
    model,
    classes,
    runtime,
    metadata: {
      layer,
      guidance,
      attention: "Grad-CAM of each class, divided by its maximum",
      probability: "sigmoid of the logit, class by class",
    },
  });
}
