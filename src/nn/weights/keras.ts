/** Reads weights that Keras saved as HDF5, in this library's layout. */

import type { Dataset, Group, File as H5File } from "h5wasm/node";
import { messageOf } from "../../messageOf.ts";
import { sizeOf } from "../../shape.ts";
import { damagedFile, type NamedTensor, type Weights, WeightsError } from "./types.ts";

/**
 * The weights of every layer, named `<layer>.weight` and `<layer>.bias`.
 *
 * Keras stores kernels as [height, width, in, out] and [in, out]; they come back as
 * [out, in, height, width] and [out, in]. The rows of a dense kernel that follows a flattened
 * picture change from (height, width, channel) to (channel, height, width) order.
 *
 * @throws {WeightsError} When the file is truncated or was not saved by Keras 2.
 */
export async function kerasWeights(file: string): Promise<Weights> {
  // Only here: it takes a second to start, and memory that it does not give back.
  const { default: h5 } = await import("h5wasm/node");
  const library = await h5.ready;
  // Without it, HDF5 prints its errors and goes on.
  library.activate_throwing_error_handler();
  let opened: H5File | undefined;
  try {
    opened = new h5.File(file, "r");
    return readLayers(opened, file);
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    throw damagedFile(file, "HDF5", innermost(error));
  } finally {
    opened?.close();
    library.deactivate_throwing_error_handler();
  }
}

/** HDF5 reports a call stack; its last entry, "#006: … in H5F__super_read(): …", has the reason. */
function innermost(error: unknown): Error {
  const report = messageOf(error);
  const reason = [...report.matchAll(/^ *#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1];
  return new Error(reason ?? report, { cause: error });
}

function readLayers(root: H5File, file: string): Weights {
  const nested = root.keys().includes("model_weights") ? root.get("model_weights") : root;
  const model = nested as Group;
  const layers = stringsOf(model, "layer_names");
  if (layers.length === 0) {
    throw new WeightsError(
      `${file}: must name its layers as Keras 2 does (attribute layer_names); got an HDF5 file ` +
        'without. Save the weights with model.save_weights("weights.h5") of tf.keras 2, or ' +
        "convert them to safetensors.",
    );
  }
  const weights = new Map<string, NamedTensor>();
  let channels = 0;
  for (const layer of layers) {
    const group = model.get(layer) as Group;
    for (const weight of stringsOf(group, "weight_names")) {
      const dataset = group.get(weight) as Dataset;
      const shape = dataset.shape ?? [];
      const where = `${file}: dataset "${layer}/${weight}"`;
      const tensor = readTensor(dataset, shape, channels, where);
      if (shape.length === 4) channels = shape[3];
      // A kernel follows only the first dense layer: the next one's inputs are not a picture.
      if (shape.length === 2) channels = 0;
      weights.set(`${layer}.${kindOf(shape, weight)}`, tensor);
    }
  }
  return weights;
}

/** Names differ between versions of Keras (`kernel:0`, `uniform1`, `conv1_b`), ranks do not. */
function kindOf(shape: readonly number[], weight: string): string {
  const last = weight.slice(weight.lastIndexOf("/") + 1).replace(/:\d+$/, "");
  if (/gamma|beta|moving|running/.test(last)) return last;
  return shape.length > 1 ? "weight" : "bias";
}

function readTensor(
  dataset: Dataset,
  shape: readonly number[],
  channels: number,
  where: string,
): NamedTensor {
  if (shape.length < 2) {
    const data = new Float32Array(sizeOf(shape));
    for (const [offset, rows] of rowsOf(dataset, shape, where)) data.set(rows, offset);
    return { shape, data };
  }
  const out = shape[shape.length - 1];
  if (shape.length === 4) {
    const [height, width, inputs] = shape;
    const data = transposeKernel(dataset, shape, height * width, where);
    return { shape: [out, inputs, height, width], data };
  }
  const isFlattenedPicture = channels > 0 && shape[0] % channels === 0;
  const data = transposeKernel(dataset, shape, isFlattenedPicture ? shape[0] / channels : 1, where);
  return { shape: [out, shape[0]], data };
}

/**
 * [window · in, out] to [out, in · window], where `window` counts the pixels of the kernel.
 *
 *   result[o, i · window + p] = kernel[p · in + i, o]
 */
function transposeKernel(
  dataset: Dataset,
  shape: readonly number[],
  window: number,
  where: string,
): Float32Array {
  const out = shape[shape.length - 1];
  const rowCount = sizeOf(shape) / out;
  const inputs = rowCount / window;
  const result = new Float32Array(rowCount * out);
  for (const [offset, rows] of rowsOf(dataset, shape, where)) {
    const first = offset / out;
    const targets = Int32Array.from({ length: rows.length / out }, (_, r) => {
      const row = first + r;
      return (row % inputs) * window + Math.floor(row / inputs);
    });
    for (let o = 0; o < out; o++) {
      for (let r = 0; r < targets.length; r++)
        result[o * rowCount + targets[r]] = rows[r * out + o];
    }
  }
  return result;
}

/** Bytes read at once. The library's memory never shrinks, so that a whole fc6 would stay in it. */
const slabBytes = 4 * 2 ** 20;

/** The values in runs along the first axis, each with the offset of its first element. */
function* rowsOf(
  dataset: Dataset,
  shape: readonly number[],
  where: string,
): Generator<[number, Float32Array | Float64Array]> {
  const rowSize = sizeOf(shape.slice(1));
  const step = Math.max(1, Math.floor(slabBytes / (4 * rowSize)));
  for (let row = 0; row < shape[0]; row += step) {
    const rows = dataset.slice([[row, Math.min(row + step, shape[0])]]);
    if (!(rows instanceof Float32Array || rows instanceof Float64Array)) {
      throw new WeightsError(
        `${where}: must hold float32 or float64 numbers; got type ${String(dataset.dtype)}. ` +
          "Save the weights as float32.",
      );
    }
    yield [row * rowSize, rows];
  }
}

function stringsOf(group: Group, attribute: string): string[] {
  const value = group.attrs[attribute]?.value;
  return Array.isArray(value) ? value.map(String) : [];
}
