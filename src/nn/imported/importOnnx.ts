/** Any classifier in an ONNX file as a model that can be guided and trained. */
import { readFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { input, type Node, topologicalOrder, transpose } from "../../graph/index.ts";
import { messageOf } from "../../messageOf.ts";
import { ImportedNetwork, type ImportTrace } from "../../onnx/import/index.ts";
import { decodeOnnx, OnnxError } from "../../onnx/index.ts";
import { formatShape, ShapeError, sizeOf } from "../../shape.ts";
import { type Forward, type Layer, type Model, Net, type Parameter } from "../model.ts";
import { torchvisionPreprocessing } from "../options.ts";
import { architectureOf, endKey, isArchitecture, isReadByProduct } from "./architecture.ts";
import { chosenOutputs, featuresOf, headName, newHead, scoresOf } from "./head.ts";
import { findLayers, type SpatialTensor } from "./layers.ts";
import { classesOfMetadata, preprocessingOfMetadata } from "./metadata.ts";
import type { ImportOptions } from "./options.ts";

/** A layer that can have an attention map. */
export interface ImportedLayer {
  /** Of its tensor in the file. */
  readonly name: string;
  /** Of the node that computes it, which names the layer as well. */
  readonly node: string;
  readonly op: string;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
}

/** A model that was read from a file. */
export interface ImportedModel extends Model {
  /** Of `layers`, in the same order. */
  readonly details: readonly ImportedLayer[];
  /** Names of the classes, where the file says them as this library does. */
  readonly statedClasses: readonly string[] | undefined;
  /** The same with other classes: see `ImportOptions.outputsOfClasses`. */
  choosing(outputsOfClasses: readonly (readonly number[])[]): ImportedModel;
  /** The file without its weights, from which `importOnnx` builds the same model. */
  architecture(): Uint8Array<ArrayBuffer>;
}

/**
 * The classifier in an ONNX file.
 *
 * Its weights become parameters by their names in the file, its tensors layers by theirs. Statistics
 * of batch normalisation stay as they are. A new head of `classes` takes the place of the last linear
 * layer: a 1x1 convolution and global average pooling on a feature map, else a linear layer.
 *
 * @param file  Path, or the bytes of one.
 * @throws {OnnxError} When it cannot be read, is no classifier, or has operators without a derivative.
 */
export function importOnnx(file: string | Uint8Array, options: ImportOptions = {}): ImportedModel {
  const isPath = typeof file === "string";
  const name = isPath ? file : "model.onnx";
  const network = new ImportedNetwork(decodeOnnx(isPath ? readBytes(file) : file, name), name);
  if (isPath && isArchitecture(network.model)) {
    throw new OnnxError(
      `${name}: must hold weights; this is the architecture of a run. Take the file that the run was started with, or the run's model.`,
    );
  }
  return buildModel(network, options);
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new OnnxError(`${path}: cannot be read (${messageOf(error)}). Check the path.`, {
      cause: error,
    });
  }
}

/** Of the trace that looks for parameters and layers; axes of length 1 could not be told apart. */
const probeBatch = 2;

function buildModel(network: ImportedNetwork, options: ImportOptions): ImportedModel {
  const { model: file } = network;
  const name = file.metadata.model ?? basename(network.file, extname(network.file));
  const inputSize = options.inputSize ?? sideOf(network);
  const end = endOf(network, options);
  network.requireReadable([end]);
  const heads = new Map<string, Parameter>();
  const trace = (images: Node): Traced => traceFile(network, { images, end, heads, options });

  const images = input("images", [probeBatch, 3, inputSize, inputSize]);
  const probe = trace(images);
  const { tensors, last } = findLayers(probe.file, {
    pictures: images,
    logits: probe.logits,
    until: probe.file.tensors.get(featuresBefore(network, end, options)) ?? probe.features,
    isPool: (tensor) => network.producerOf(tensor)?.op.includes("Pool") ?? false,
    ...(options.grid && { grid: options.grid }),
  });
  const details = tensors.map((tensor) => detailOf(network, tensor));
  const attentionLayer = layerNamed(network, details, options.layer ?? last);
  const stated = preprocessingOfMetadata(file.metadata);
  const parameters = parametersOf(network, probe.logits, heads);

  const forward = (pictures: Node): Forward => {
    requirePictures(name, pictures, inputSize);
    const { logits, file: traced } = trace(pictures);
    const layers: [string, Layer][] = [];
    tensors.forEach(({ name: tensor, toGrid }, i) => {
      const node = traced.tensors.get(tensor);
      if (node === undefined) return;
      layers.push([tensor, { node, toGrid }]);
      // Nodes name their layers, too, where no tensor has that name.
      const alias = details[i].node;
      if (alias !== "" && !traced.tensors.has(alias)) layers.push([alias, { node, toGrid }]);
    });
    return { logits, layers: new Map(layers) };
  };
  const trained = new Set(parameters.map((parameter) => parameter.name));
  return {
    name,
    classes: probe.logits.shape[1],
    inputSize,
    preprocessing: options.preprocessing ?? stated ?? torchvisionPreprocessing,
    parameters,
    layers: details.map((detail) => detail.name),
    details,
    attentionLayer,
    forward,
    statedClasses: classesOfMetadata(file.metadata),
    choosing: (outputsOfClasses) => buildModel(network, { ...options, outputsOfClasses }),
    resized: (size) => buildModel(network, { ...options, inputSize: size }),
    architecture: () => architectureOf(network, { name, end, features: probe.features, trained }),
  };
}

interface Traced {
  readonly file: ImportTrace;
  /** What the head reads, or the file's scores. */
  readonly features: Node;
  /** [N, classes]. */
  readonly logits: Node;
}

function traceFile(
  network: ImportedNetwork,
  {
    images,
    end,
    heads,
    options,
  }: {
    readonly images: Node;
    /** Name of the tensor that is the last of the file's. */
    readonly end: string;
    /** Parameters of the new head, which all traces share. */
    readonly heads: Map<string, Parameter>;
    readonly options: ImportOptions;
  },
): Traced {
  const pictures = network.isChannelsLast ? transpose(images, [0, 2, 3, 1]) : images;
  const { outputStride, classes } = options;
  const file = network.trace(pictures, {
    outputs: [end],
    ...(outputStride !== undefined && { outputStride }),
  });
  const features = file.tensors.get(end);
  if (features === undefined) throw new OnnxError(`${network.file}: output "${end}" must be real.`);
  const logits =
    classes === undefined
      ? chosenOutputs(network.file, features, options.outputsOfClasses)
      : newHead(new Net(heads), features, {
          name: headName(network, end),
          classes,
          isChannelsLast: isReadByProduct(network, end),
        });
  return { file, features, logits };
}

/** The tensor in which the file's part of the model ends: its scores, or what a new head reads. */
function endOf(network: ImportedNetwork, { classes }: ImportOptions): string {
  const { metadata, graph } = network.model;
  if (metadata[endKey] !== undefined) return metadata[endKey];
  const output = graph.outputs.find(({ type }) => type.includes("float"));
  if (output === undefined) {
    throw new OnnxError(`${network.file}: must have an output of class scores; got none.`);
  }
  return classes === undefined ? scoresOf(network, output.name) : featuresOf(network, output.name);
}

/** What the last linear layer reads, be it the file's own or a new one. */
function featuresBefore(network: ImportedNetwork, end: string, { classes }: ImportOptions): string {
  if (classes !== undefined) return end;
  try {
    return featuresOf(network, end);
  } catch (error) {
    // Scores that do not come from a linear layer are looked at as they are.
    if (error instanceof OnnxError) return end;
    throw error;
  }
}

/** The file's weights that the logits depend on, then those of the new head. */
function parametersOf(
  { weights }: ImportedNetwork,
  logits: Node,
  heads: ReadonlyMap<string, Parameter>,
): Parameter[] {
  const used = new Set(topologicalOrder([logits]));
  const own = [...weights.values()].filter(({ node }) => used.has(node));
  return [
    ...own.map(({ name, shape, node, data }) => ({
      name,
      shape,
      node,
      // An architecture without weights gets them from a checkpoint.
      initialize: () => (data === undefined ? new Float32Array(sizeOf(shape)) : data.slice()),
      // Vectors are biases, scales and the like.
      decays: shape.filter((dim) => dim > 1).length > 1,
      isHead: false,
    })),
    ...heads.values(),
  ];
}

function detailOf(network: ImportedNetwork, tensor: SpatialTensor): ImportedLayer {
  const { name, channels, rows, columns } = tensor;
  const producer = network.producerOf(name);
  return { name, node: producer?.name ?? "", op: producer?.op ?? "", channels, rows, columns };
}

/** @throws {OnnxError} When there is no such layer, or none at all. */
function layerNamed(
  { file }: ImportedNetwork,
  details: readonly ImportedLayer[],
  name: string | undefined,
): string {
  const found =
    details.find((layer) => layer.name === name) ?? details.find((layer) => layer.node === name);
  if (found !== undefined) return found.name;
  if (details.length === 0) {
    throw new OnnxError(
      `${file}: must have a layer with places on the picture, for the attention maps; found none. If it is a transformer, say the rows and columns of its tokens (grid).`,
    );
  }
  throw new OnnxError(
    `${file}: layer must be one of its ${details.length} with places on the picture; got "${name}". \`gain layers ${file}\` lists them.`,
  );
}

/** Side of the pictures that the file was made for. */
function sideOf({ pictures, isChannelsLast, file }: ImportedNetwork): number {
  const [height, width] = isChannelsLast ? pictures.shape.slice(1, 3) : pictures.shape.slice(2);
  if (typeof height !== "number" || typeof width !== "number" || height < 1 || width < 1)
    return 224;
  if (height === width) return height;
  throw new OnnxError(
    `${file}: pictures must be square; got ${height}x${width}. Set inputSize, if the file takes other sizes.`,
  );
}

function requirePictures(name: string, { shape }: Node, size: number): void {
  if (shape.length === 4 && shape[1] === 3 && shape[2] === size && shape[3] === size) return;
  throw new ShapeError(
    `${name}: images must be [N, 3, ${size}, ${size}]; got ${formatShape(shape)}. Set inputSize.`,
  );
}
