/** A trained segmentation network as one ONNX file that any runtime can load. */
import { constant, equal, input, matmul, max, mul, type Node, sub } from "../graph/index.ts";
import type { SegmentationModel } from "../nn/index.ts";
import { resizeAlignedInto } from "../resizeBilinear.ts";
import type { TensorData } from "../runtime/index.ts";
import { type ExportOptions, forwardOf, type ModelFile, writeModelFile } from "../train/index.ts";
import type { SecConfig } from "./secConfig.ts";

/**
 * Writes scores and masks as an ONNX model.
 *
 * Input `images`, in the form that is asked for (see `ImageForm`). Outputs `scores` [N, 1 + C, h, w],
 * before the softmax, background first, and `masks` [N, S, S] of the image as the network sees it: 0
 * for background, i + 1 for class i, what `gain segment` writes without the CRF.
 *
 * Metadata beside that of `writeModelFile`, whose `classes` begin with the background: `scores`, where
 * they lie in the image; `masks`, what their numbers mean.
 *
 * @throws {RunError} When the file cannot be written.
 */
export function exportSegmentation(
  path: string,
  model: SegmentationModel,
  parameters: ReadonlyMap<string, TensorData>,
  { classes, runtime }: Pick<SecConfig, "classes" | "runtime">,
  { batchSize = 1, images = "preprocessed" }: ExportOptions = {},
): Promise<ModelFile> {
  const { inputSize } = model;
  const { scores } = forwardOf(
    model,
    images,
  )(input("images", [batchSize, 3, inputSize, inputSize]));
  return writeModelFile(path, {
    outputs: { scores, masks: labelsOf(enlarged(scores, inputSize)) },
    parameters,
    images,
    model,
    classes: ["background", ...classes],
    runtime,
    metadata: {
      scores: "before the softmax; corners lie on corners of the image",
      masks: "places in classes",
    },
  });
}

/**
 * Planes enlarged bilinearly, corners on corners: R · x · Rᵀ with the weights R of an axis.
 *
 * @param x  [..., side, side].
 * @returns  [..., size, size].
 */
function enlarged(x: Node, size: number): Node {
  const side = x.shape[x.shape.length - 1];
  const identity = Float32Array.from({ length: side * side }, (_, i) =>
    i % (side + 1) === 0 ? 1 : 0,
  );
  const down = new Float32Array(size * side);
  const across = new Float32Array(side * size);
  resizeAlignedInto(down, identity, side, side, size, side);
  resizeAlignedInto(across, identity, side, side, side, size);
  return matmul(matmul(constant(down, [size, side]), x), constant(across, [side, size]));
}

/**
 * The place of the largest along axis 1; the first of equals.
 *
 *   K − max_k (K − k) · [x_k = max x]
 *
 * @param x  [N, K, H, W].
 * @returns  Integers in [0, K), [N, H, W].
 */
function labelsOf(x: Node): Node {
  const count = x.shape[1];
  const places = constant(
    Array.from({ length: count }, (_, k) => count - k),
    [1, count, 1, 1],
  );
  return sub(count, max(mul(equal(x, max(x, 1, { keepDims: true })), places), 1));
}
