/** What a segmentation network is: scores of background and classes for every place of a grid. */
import type { Node } from "../../graph/index.ts";
import {
  type Dropout,
  type ModelDefinition,
  type Parameter,
  type Preprocessing,
  type TraceOptions,
  traceNetwork,
} from "../model.ts";

export interface SegmentationForward {
  /** [N, 1 + classes, outputSize, outputSize], before the softmax; background first. */
  readonly scores: Node;
  /** Results of the named layers (after their ReLU), in order. */
  readonly layers: ReadonlyMap<string, Node>;
  /** What to feed for dropout; none without it. */
  readonly dropouts: readonly Dropout[];
}

export interface SegmentationModel {
  readonly name: string;
  /** Number of classes, background not counted. */
  readonly classes: number;
  /** Side of the square input in pixels. */
  readonly inputSize: number;
  /** Side of the score map: place (i, j) lies on pixel (8i, 8j), so that corners meet corners. */
  readonly outputSize: number;
  readonly preprocessing: Preprocessing;
  readonly parameters: readonly Parameter[];
  /** Names of all layers, in order. */
  readonly layers: readonly string[];
  /** Traces the forward pass of images [N, 3, inputSize, inputSize]. */
  forward(images: Node, options?: TraceOptions): SegmentationForward;
}

export interface SegmentationOptions {
  /** Number of classes, background not counted. */
  readonly classes: number;
  /** Side of the square input in pixels, a multiple of 8 plus 1. */
  readonly inputSize?: number;
}

/** Pixels between neighbouring places of the score map. */
const stride = 8;

/**
 * Makes a model from its definition, whose `build` gives the scores.
 *
 * @throws {RangeError} When the input size is not a multiple of 8 plus 1.
 */
export function defineSegmentationModel(
  definition: Omit<ModelDefinition, "attentionLayer">,
): SegmentationModel {
  const { build: _, ...rest } = definition;
  const { name, inputSize } = definition;
  if (!Number.isInteger(inputSize) || inputSize <= stride || inputSize % stride !== 1) {
    const nearest = stride * Math.max(1, Math.round((inputSize - 1) / stride)) + 1;
    throw new RangeError(
      `${name}: inputSize must be a multiple of ${stride} plus 1, so that scores lie on every ${stride}th pixel; got ${inputSize}. Use ${nearest}.`,
    );
  }
  const { trace, parameters, layers } = traceNetwork(definition);
  return {
    ...rest,
    outputSize: (inputSize - 1) / stride + 1,
    parameters,
    layers,
    forward: (images, options) => {
      const { result, net } = trace(images, options);
      return { scores: result, layers: net.layers, dropouts: net.dropouts };
    },
  };
}
