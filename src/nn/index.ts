/** Layers, models and weight files. */
export { fullyConnectedHead, type Head, poolingHead } from "./head.ts";
export {
  type ImportedLayer,
  type ImportedModel,
  type ImportOptions,
  importOnnx,
} from "./imported/index.ts";
export {
  glorotNormal,
  heNormal,
  type Initializer,
  normal,
} from "./initialize.ts";
export { initialParameters } from "./initialParameters.ts";
export {
  type Dropout,
  defineModel,
  type Forward,
  type Layer,
  type Model,
  type ModelDefinition,
  Net,
  type Parameter,
  type Preprocessing,
} from "./model.ts";
export { createModel, modelNames } from "./models.ts";
export { caffePreprocessing, type ModelOptions, torchvisionPreprocessing } from "./options.ts";
export { noPreprocessing, preprocess } from "./preprocess.ts";
export {
  type LargeFovOptions,
  smallnetLargeFov,
  squeezenetLargeFov,
  vgg16LargeFov,
} from "./segmentation/largeFov.ts";
export type {
  SegmentationForward,
  SegmentationModel,
  SegmentationOptions,
} from "./segmentation/model.ts";
export {
  createSegmentationModel,
  segmentationModelFor,
  segmentationModelNames,
} from "./segmentation/models.ts";
export { largeFovWeights } from "./segmentation/weights.ts";
export { smallnet } from "./smallnet.ts";
export { squeezenet } from "./squeezenet.ts";
export { type VggOptions, vgg16 } from "./vgg.ts";
export { matchWeights } from "./weights/match.ts";
export { isClassifierName, isOptimizerName } from "./weights/names.ts";
export { readWeights } from "./weights/read.ts";
export { decodeSafetensors, writeSafetensors } from "./weights/safetensors.ts";
export { type NamedTensor, type Weights, WeightsError } from "./weights/types.ts";
