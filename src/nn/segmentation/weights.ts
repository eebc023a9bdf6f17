/** Weights of a classification network for the segmentation network on its trunk. */
import { type Shape, sizeOf } from "../../shape.ts";
import { matchWeights, renameWeights } from "../weights/match.ts";
import { isClassifierName, isOptimizerName } from "../weights/names.ts";
import type { NamedTensor, Weights } from "../weights/types.ts";
import type { SegmentationModel } from "./model.ts";

/**
 * What a checkpoint of a classification network holds of a segmentation network, by its names.
 * Tensors that are not among the result start anew: the head, and VGG16's fc6 and fc7 where the
 * file has none.
 *
 * VGG16's fully connected fc6 [4096, 512·7·7] and fc7 [4096, 4096] are made smaller by decimation,
 * as DeepLab-LargeFOV's were (Chen et al. 2015): every fourth filter, 0, 4, …, 4092, and the rows and
 * columns 0, 3 and 6 of the window, as ports to other libraries take them; fc7 sees the filters of
 * fc6 that are left. Nothing is rescaled. The file that SEC starts from (vgg16_20M) has an fc6 of
 * [1024, 512, 3, 3], which is taken as it is.
 *
 * @param weights  As read from a file, in the names of Caffe, Keras or torchvision, or of a run.
 * @param file     Where they come from, for the error.
 * @throws {WeightsError} When the trunk is not there, or of other shapes.
 */
export function largeFovWeights(
  weights: Weights,
  model: SegmentationModel,
  file: string = "weights",
): Weights {
  const expected = new Map(model.parameters.map(({ name, shape }) => [name, shape]));
  const heads = new Set(model.parameters.filter(({ isHead }) => isHead).map(({ name }) => name));
  const named = new Map(
    Array.from(renameWeights(weights, expected), ([name, tensor]) => [
      name,
      decimated(name, tensor, expected.get(name)),
    ]),
  );
  return matchWeights(named, expected, {
    file,
    allowMissing: (name) => heads.has(name) || isFullyConnected(name),
    allowUnexpected: (name) => isClassifierName(name) || isOptimizerName(name),
  });
}

const isFullyConnected = (name: string): boolean => /^fc[67]\./.test(name);

/** Sizes of VGG16's own fc6 and fc7. */
const filters = 4096;
const window = 7;

/** Tensors of VGG16's fully connected layers in the shape that is wanted; all others as they are. */
function decimated(name: string, tensor: NamedTensor, wanted: Shape | undefined): NamedTensor {
  if (wanted === undefined || !isFullyConnected(name) || tensor.shape[0] !== filters) return tensor;
  const [out, inputs = 1, height = 1, width = 1] = wanted;
  const step = filters / out;
  // fc6 sees all channels of a window, fc7 the filters of fc6.
  const [side, inputStep] = height > 1 ? [window, 1] : [1, inputs > 1 ? step : 1];
  const reach = (side - 1) / Math.max(height - 1, 1);
  const filterSize = inputs * inputStep * side ** 2;
  const fits = sizeOf(tensor.shape) === filters * filterSize;
  if (!fits || !Number.isInteger(step) || !Number.isInteger(reach)) return tensor;
  const data = new Float32Array(sizeOf(wanted));
  let place = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inputs; i++) {
      const plane = o * step * filterSize + i * inputStep * side ** 2;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          data[place++] = tensor.data[plane + (y * side + x) * reach];
        }
      }
    }
  }
  return { shape: wanted, data };
}
