/** What all models take. */
import type { Preprocessing } from "./model.ts";

export interface ModelOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Side of the square input in pixels. */
  readonly inputSize?: number;
}

/** Pixels as Caffe's and Keras's VGG and SqueezeNet weights want them: BGR minus the mean of ImageNet. */
export const caffePreprocessing: Preprocessing = {
  channels: "bgr",
  mean: [103.939, 116.779, 123.68],
  deviation: [1, 1, 1],
};

/** Pixels as torchvision's weights want them: RGB, normalised by ImageNet's mean and deviation. */
export const torchvisionPreprocessing: Preprocessing = {
  channels: "rgb",
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
};
