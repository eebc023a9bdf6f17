/** Trained graphs as ONNX files that any runtime can load. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Node } from "../graph/index.ts";
import { noPreprocessing, type Preprocessing, preprocess } from "../nn/index.ts";
import { encodeOnnx, type OnnxModel } from "../onnx/index.ts";
import { type Computation, portableModel, type TensorData } from "../runtime/index.ts";
import { version } from "../version.ts";
import { writeAtomically } from "./checkpoint.ts";

/**
 * How a file takes its images, the input `images`. S is the side of the network's square input, to
 * which a picture is stretched.
 *
 * - `preprocessed`: float32 [N, 3, S, S], preprocessed as the file's metadata says.
 * - `planes`: float32 [N, 3, S, S], RGB values in 0..255, as `ort.Tensor.fromImage` makes them.
 * - `bytes`: uint8 [N, S, S, 3], RGB, as decoders of pictures give them.
 */
export type ImageForm = "preprocessed" | "planes" | "bytes";

export interface ExportOptions {
  /** Images of a run of the file, N; 1 by default. Shapes are part of the file. */
  readonly batchSize?: number;
  /** "preprocessed" by default. */
  readonly images?: ImageForm;
}

/** What was written. */
export interface ModelFile {
  /** Its path. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  readonly inputs: OnnxModel["graph"]["inputs"];
  readonly outputs: OnnxModel["graph"]["outputs"];
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a file is made of. */
interface Contents {
  /** Computed from the input `images` and the parameters. */
  readonly outputs: Computation["outputs"];
  readonly parameters: ReadonlyMap<string, TensorData>;
  readonly images: ImageForm;
  readonly model: {
    readonly name: string;
    readonly inputSize: number;
    readonly preprocessing: Preprocessing;
  };
  /** Of the channels of the outputs, in order. */
  readonly classes: readonly string[];
  /** Versions of what computed the run. */
  readonly runtime: Readonly<Record<string, string>>;
  /** What this kind of model says besides. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Writes a graph with the values of its parameters, and makes the folder that the file lies in.
 *
 * Metadata (ONNX's `metadata_props`): `model`, its name; `classes`, a JSON list; `inputSize`, S in
 * pixels; `preprocessing`, JSON {channels, mean, deviation}, what is left to the caller: (value − mean) /
 * deviation of values in 0..255, channels in the order of `channels`, which is nothing where the graph
 * does it; `version`, of this library; `runtime`, JSON, versions of Node and ONNX Runtime that trained it.
 *
 * @throws {RunError} When the file cannot be written.
 */
export async function writeModelFile(
  file: string,
  { outputs, parameters, images, model, classes, runtime, metadata }: Contents,
): Promise<ModelFile> {
  const complete = withInitializers(portableModel({ outputs }), parameters);
  const onnx: OnnxModel = {
    ...(images === "bytes" ? takingBytes(complete) : complete),
    metadata: {
      classes: JSON.stringify(classes),
      model: model.name,
      inputSize: String(model.inputSize),
      preprocessing: JSON.stringify(remainingPreprocessing(model.preprocessing, images)),
      ...metadata,
      version,
      runtime: JSON.stringify(runtime),
    },
  };
  const bytes = encodeOnnx(onnx);
  await writeAtomically(file, async (temporary) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, bytes, { flush: true });
  });
  const { inputs, outputs: results } = onnx.graph;
  return { file, bytes: bytes.length, inputs, outputs: results, metadata: onnx.metadata };
}

/** The model's forward pass, of images in another form. */
export const forwardOf =
  <F>(
    model: { forward(images: Node): F; readonly preprocessing: Preprocessing },
    form: ImageForm,
  ): ((images: Node) => F) =>
  (images) =>
    model.forward(form === "preprocessed" ? images : preprocess(images, model.preprocessing));

const remainingPreprocessing = (preprocessing: Preprocessing, form: ImageForm): Preprocessing =>
  form === "preprocessed" ? preprocessing : noPreprocessing;

/** The model with the inputs that have a value in `values` as constants. */
function withInitializers(model: OnnxModel, values: ReadonlyMap<string, TensorData>): OnnxModel {
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

/** Number of float32 in ONNX's list of types. */
const float32 = 1;

/** The model with its input `images` [N, 3, S, S] as bytes [N, S, S, 3]. */
function takingBytes(model: OnnxModel): OnnxModel {
  const [transposed, planes] = ["images transposed", "images as planes"];
  const { inputs, nodes } = model.graph;
  return {
    ...model,
    graph: {
      ...model.graph,
      inputs: inputs.map((value) => {
        if (value.name !== "images") return value;
        const [n, channels, height, width] = value.shape;
        return { name: "images", type: "uint8", shape: [n, height, width, channels] };
      }),
      nodes: [
        {
          op: "Transpose",
          name: transposed,
          inputs: ["images"],
          outputs: [transposed],
          attributes: { perm: { ints: [0, 3, 1, 2] } },
        },
        {
          op: "Cast",
          name: planes,
          inputs: [transposed],
          outputs: [planes],
          attributes: { to: { int: float32 } },
        },
        ...nodes.map((node) => ({
          ...node,
          inputs: node.inputs.map((name) => (name === "images" ? planes : name)),
        })),
      ],
    },
  };
}
