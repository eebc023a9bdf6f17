/** A trained model as one ONNX file that any runtime can load. */
import { writeFile } from "node:fs/promises";
import { attend } from "../gain/index.ts";
import { reshape } from "../graph/index.ts";
import type { Model } from "../nn/index.ts";
import { encodeOnnx, type OnnxModel } from "../onnx/index.ts";
import { portableModel, type TensorData } from "../runtime/index.ts";
import { writeAtomically } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";

/**
 * Writes logits and attention maps of one image as an ONNX model.
 *
 * Input `images` [1, 3, S, S], preprocessed as the file's metadata says; outputs `logits` [1, C]
 * and `attention` [1, C, h, w], each map divided by its maximum.
 *
 * @throws {RunError} When the file cannot be written.
 */
export async function exportModel(
  path: string,
  model: Model,
  parameters: ReadonlyMap<string, TensorData>,
  config: Pick<RunConfig, "classes" | "options" | "version">,
): Promise<void> {
  const { logits, maps } = attend(model, 1, config.options.layer);
  const [classes, , height, width] = maps.shape;
  const attention = reshape(maps, [1, classes, height, width]);
  const withState = portableModel({ outputs: { logits, attention } });
  const bytes = encodeOnnx({
    ...withInitializers(withState, parameters),
    metadata: {
      classes: JSON.stringify(config.classes),
      model: model.name,
      layer: config.options.layer ?? model.attentionLayer,
      inputSize: String(model.inputSize),
      preprocessing: JSON.stringify(model.preprocessing),
      version: config.version,
    },
  });
  await writeAtomically(path, (temporary) => writeFile(temporary, bytes, { flush: true }));
}

/** The model with the inputs that have a value in `values` as constants. */
export function withInitializers(
  model: OnnxModel,
  values: ReadonlyMap<string, TensorData>,
): OnnxModel {
  const { inputs, initializers } = model.graph;
  const constants = inputs.flatMap(({ name }) => {
    const value = values.get(name);
    return value === undefined
      ? []
      : [
          {
            name,
            type: "float32" as const,
            shape: value.shape,
            data: new Float32Array(value.data),
          },
        ];
  });
  return {
    ...model,
    graph: {
      ...model.graph,
      inputs: inputs.filter(({ name }) => !values.has(name)),
      initializers: [...initializers, ...constants],
    },
  };
}
