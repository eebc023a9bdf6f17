/**
 * What a model is: a function that traces a forward pass, the parameters that it asks for, and
 * the names of its layers.
 */
import {
  add,
  conv,
  input,
  matmul,
  mul,
  type Node,
  relu,
  reshape,
  transpose,
} from "../graph/index.ts";
import { formatShape, type Shape, ShapeError, sizeOf } from "../shape.ts";
import { glorotNormal, heNormal, type Initializer, zeros } from "./initialize.ts";

/** How a model wants its pixels: `(value − mean) / deviation`, values in 0..255. */
export interface Preprocessing {
  readonly channels: "rgb" | "bgr";
  /** In the order of `channels`. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** A trainable tensor. Filters are [O, C, kH, kW], matrices [out, in]. */
export interface Parameter {
  /** `<layer>.weight` or `<layer>.bias`. */
  readonly name: string;
  readonly shape: Shape;
  readonly initialize: Initializer;
  /** Biases do not decay. */
  readonly decays: boolean;
  /** Belongs to the classification head, which is new for every set of classes. */
  readonly isHead: boolean;
  /** Its node in every graph of this model: an input called `name`. */
  readonly node: Node;
}

/** A named result. */
export interface Layer {
  readonly node: Node;
  /**
   * How it lies on the picture: its values, or their gradient, as [N, K, h, w]. Absent where it has
   * no spatial extent.
   */
  readonly toGrid?: (x: Node) => Node;
}

export interface Forward {
  /** [N, classes], before any squashing. */
  readonly logits: Node;
  /** Results of the named layers (after their ReLU), in order. */
  readonly layers: ReadonlyMap<string, Layer>;
}

export interface Model {
  readonly name: string;
  /** Number of classes. */
  readonly classes: number;
  /** Side of the square input in pixels. */
  readonly inputSize: number;
  readonly preprocessing: Preprocessing;
  readonly parameters: readonly Parameter[];
  /** Names of all layers, in order. */
  readonly layers: readonly string[];
  /** Layer of the attention maps unless another is asked for: the last convolution. */
  readonly attentionLayer: string;
  /** Traces the forward pass of images [N, 3, inputSize, inputSize]. */
  forward(images: Node): Forward;
  /** The same network for another size of its input; parameters keep their names and shapes. */
  resized(inputSize: number): Model;
}

export interface ModelDefinition {
  readonly name: string;
  readonly classes: number;
  readonly inputSize: number;
  readonly preprocessing: Preprocessing;
  readonly attentionLayer: string;
  /** Builds the logits from images [N, 3, S, S] with the layers of `net`. */
  build(net: Net, images: Node): Node;
}

/** Makes a model from its definition, which is traced once to learn parameters and layers. */
export function defineModel(definition: ModelDefinition): Model {
  const { build, ...rest } = definition;
  const { trace, parameters, layers } = traceNetwork(definition);
  const forward = (images: Node): Forward => {
    const { result, net } = trace(images);
    return { logits: result, layers: onPictures(net.layers) };
  };
  const resized = (inputSize: number): Model => defineModel({ ...definition, inputSize });
  return { ...rest, parameters, layers, forward, resized };
}

/** Feature maps lie on the picture as they are. */
const onPictures = (layers: ReadonlyMap<string, Node>): ReadonlyMap<string, Layer> =>
  new Map(
    Array.from(layers, ([name, node]) => [
      name,
      { node, ...(node.shape.length === 4 && { toGrid: (x: Node) => x }) },
    ]),
  );

/** What every kind of model is made of: a function that is traced, and what its first trace tells. */
export interface Network {
  readonly parameters: readonly Parameter[];
  readonly layers: readonly string[];
  /** What the first trace gave, for one image. */
  readonly first: Node;
  /** @throws {ShapeError} When `images` is not [N, 3, inputSize, inputSize]. */
  trace(images: Node, options?: TraceOptions): { readonly result: Node; readonly net: Net };
}

/** Traces a network once to learn its parameters, which all later traces share. */
export function traceNetwork(
  definition: Pick<ModelDefinition, "name" | "inputSize" | "build">,
): Network {
  const { name, inputSize: size, build } = definition;
  const parameters = new Map<string, Parameter>();
  const trace: Network["trace"] = (images, options) => {
    const [, channels, height, width] = images.shape;
    if (images.shape.length !== 4 || channels !== 3 || height !== size || width !== size) {
      throw new ShapeError(
        `${name}: images must be [N, 3, ${size}, ${size}]; got ${formatShape(images.shape)}. Set inputSize.`,
      );
    }
    const net = new Net(parameters, options);
    return { result: build(net, images), net };
  };
  const { result, net } = trace(input("images", [1, 3, size, size]));
  return {
    parameters: [...parameters.values()],
    layers: [...net.layers.keys()],
    first: result,
    trace,
  };
}

export interface TraceOptions {
  /** Whether dropout is part of the graph, as in training; false by default. */
  readonly dropout?: boolean;
}

/** A factor that the caller feeds: 1 / keep with probability `keep`, else 0, for each element. */
export interface Dropout {
  /** Of the input: `dropout <layer>`. */
  readonly name: string;
  readonly shape: Shape;
  readonly keep: number;
}

/** Layers that declare their parameters as they are traced. */
export class Net {
  readonly layers: Map<string, Node> = new Map();
  readonly dropouts: Dropout[] = [];
  readonly #parameters: Map<string, Parameter>;
  readonly #hasDropout: boolean;
  #inHead = false;

  constructor(parameters: Map<string, Parameter>, { dropout = false }: TraceOptions = {}) {
    this.#parameters = parameters;
    this.#hasDropout = dropout;
  }

  /**
   * Dropout behind a layer: a product with an input, so that its numbers come from the caller's
   * generator. Without it in the trace, `x` itself: the factor's mean is 1.
   */
  dropout(layer: string, x: Node, keep: number): Node {
    if (!this.#hasDropout) return x;
    const name = `dropout ${layer}`;
    this.dropouts.push({ name, shape: x.shape, keep });
    return mul(x, input(name, x.shape));
  }

  /** What is built inside belongs to the classification head. */
  head(build: () => Node): Node {
    this.#inHead = true;
    const result = build();
    this.#inHead = false;
    return result;
  }

  /** Names a result. */
  layer(name: string, node: Node): Node {
    this.layers.set(name, node);
    return node;
  }

  /** A convolution with bias and, by default, ReLU; padded to keep the size at stride 1. */
  conv(name: string, x: Node, channels: number, options: ConvLayerOptions = {}): Node {
    const { kernel = 3, stride = 1, dilation = 1, activation = "relu" } = options;
    const { padding = dilation * Math.floor(kernel / 2) } = options;
    const [fanIn, fanOut] = [x.shape[1] * kernel ** 2, channels * kernel ** 2];
    const initialize = options.initialize ?? initializerFor(activation, fanIn, fanOut);
    const weight = this.#weight(name, [channels, x.shape[1], kernel, kernel], initialize);
    const bias = this.#bias(name, channels);
    const linear = add(
      conv(x, weight, { stride, padding, dilation }),
      reshape(bias, [1, channels, 1, 1]),
    );
    return this.layer(name, activation === "relu" ? relu(linear) : linear);
  }

  /** A fully connected layer on [N, K] with bias and, by default, ReLU. */
  dense(name: string, x: Node, units: number, options: DenseLayerOptions = {}): Node {
    const [, size] = x.shape;
    const { activation = "relu" } = options;
    const initialize = options.initialize ?? initializerFor(activation, size, units);
    const weight = this.#weight(name, [units, size], initialize);
    const linear = add(matmul(x, transpose(weight, [1, 0])), this.#bias(name, units));
    return this.layer(name, activation === "relu" ? relu(linear) : linear);
  }

  #weight(layer: string, shape: Shape, initialize: Initializer): Node {
    return this.#parameter(`${layer}.weight`, shape, initialize, true);
  }

  #bias(layer: string, size: number): Node {
    return this.#parameter(`${layer}.bias`, [size], zeros, false);
  }

  #parameter(name: string, shape: Shape, initialize: Initializer, decays: boolean): Node {
    let parameter = this.#parameters.get(name);
    if (parameter === undefined) {
      parameter = {
        name,
        shape,
        initialize,
        decays,
        isHead: this.#inHead,
        node: input(name, shape),
      };
      this.#parameters.set(name, parameter);
    }
    return parameter.node;
  }
}

type Activation = "relu" | "none";

const initializerFor = (activation: Activation, fanIn: number, fanOut: number): Initializer =>
  activation === "relu" ? heNormal(fanIn) : glorotNormal(fanIn, fanOut);

interface DenseLayerOptions {
  readonly activation?: Activation;
  /** Of the weights; He before a ReLU and Glorot otherwise by default. */
  readonly initialize?: Initializer;
}

interface ConvLayerOptions extends DenseLayerOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly dilation?: number;
  /** Zeros on all sides; what keeps the size at stride 1 by default. */
  readonly padding?: number;
}

/** [N, C, H, W] to [N, C·H·W]. */
export const flatten = (x: Node): Node => reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
