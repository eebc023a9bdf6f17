/** Names that other libraries give to the layers of SqueezeNet 1.1 and VGG16. */

/** Our layer name (Caffe's) for each of a source's layer names. */
export type LayerNames = ReadonlyMap<string, string>;

const vggConvs = [
  "conv1_1",
  "conv1_2",
  "conv2_1",
  "conv2_2",
  "conv3_1",
  "conv3_2",
  "conv3_3",
  "conv4_1",
  "conv4_2",
  "conv4_3",
  "conv5_1",
  "conv5_2",
  "conv5_3",
];

/** Positions of torchvision's convolutions among the layers of `features`. */
const torchvisionVggIndices = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];

const torchvisionFireIndices = [3, 4, 6, 7, 9, 10, 11, 12];

/** One table per source. A name that is in none of them stays as it is. */
export const layerNames: readonly LayerNames[] = [
  // Keras VGG16
  new Map([
    ...vggConvs.map((ours) => [ours.replace(/^conv(\d)_/, "block$1_conv"), ours] as const),
    ["fc1", "fc6"],
    ["fc2", "fc7"],
    ["predictions", "fc8"],
  ]),
  // torchvision VGG16
  new Map([
    ...vggConvs.map((ours, i) => [`features.${torchvisionVggIndices[i]}`, ours] as const),
    ["classifier.0", "fc6"],
    ["classifier.3", "fc7"],
    ["classifier.6", "fc8"],
  ]),
  // torchvision SqueezeNet 1.1
  new Map([
    ["features.0", "conv1"],
    ...torchvisionFireIndices.flatMap((index, i) => [
      [`features.${index}.squeeze`, `fire${i + 2}.squeeze1x1`] as const,
      [`features.${index}.expand1x1`, `fire${i + 2}.expand1x1`] as const,
      [`features.${index}.expand3x3`, `fire${i + 2}.expand3x3`] as const,
    ]),
    ["classifier.1", "conv10"],
  ]),
  // Keras SqueezeNet 1.1
  new Map(
    torchvisionFireIndices.flatMap((_, i) =>
      ["squeeze1x1", "expand1x1", "expand3x3"].map(
        (part) => [`fire${i + 2}/${part}`, `fire${i + 2}.${part}`] as const,
      ),
    ),
  ),
];

/** Whether a tensor belongs to a layer behind the features, in the names of Caffe, Keras or torchvision. */
export const isClassifierName = (name: string): boolean =>
  /^(head|conv10|fc\d*|classifier|predictions|logits|dense|pool10)([._/-]|$)/.test(name);

/** Whether a tensor is the optimiser's state in a checkpoint of ours. */
export const isOptimizerName = (name: string): boolean =>
  /\.(velocity|firstMoment|secondMoment)$/.test(name);

/** The name of a tensor, `<layer>.<kind>`, with its layer renamed by the table. */
export function renameTensor(name: string, table: LayerNames): string {
  const dot = name.lastIndexOf(".");
  const layer = table.get(name.slice(0, dot));
  return layer === undefined ? name : layer + name.slice(dot);
}
