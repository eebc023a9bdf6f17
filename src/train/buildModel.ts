/** The network that a run trains: one of the library's by name, or any in an ONNX file. */
import {
  createModel,
  type ImportedModel,
  importOnnx,
  type Model,
  modelNames,
} from "../nn/index.ts";
import type { ClassOutputs, RunConfig, TrainOptions } from "./config.ts";
import { OptionError } from "./parseOptions.ts";
import { requireModelName } from "./prepare.ts";

/** Of a run's configuration, what its network depends on. */
export interface ModelWishes {
  readonly options: Pick<
    TrainOptions,
    "model" | "layer" | "outputStride" | "keepHead" | "classMap" | "grid"
  >;
  readonly classes: readonly string[];
  /** The model's by default. */
  readonly inputSize?: number | undefined;
}

/** Whether a model is named by its file. */
export const isOnnxFile = (model: string): boolean => model.toLowerCase().endsWith(".onnx");

/** What `options.model` stands for, before the run's preprocessing. */
export interface BuiltModel {
  readonly model: Model;
  /** The same, if it was read from a file. */
  readonly imported?: ImportedModel;
}

/**
 * @param architecture  Bytes to read instead of the file that the options name.
 * @throws {OptionError} When options do not go together, or a layer or class does not exist.
 * @throws {OnnxError} When the file cannot be read.
 */
export function buildModel(
  { options, classes, inputSize }: ModelWishes,
  architecture?: Uint8Array,
): BuiltModel {
  const size = inputSize !== undefined && { inputSize };
  if (!isOnnxFile(options.model)) {
    requireNoFileOptions(options);
    requireModelName(options.model, modelNames);
    const model = createModel(options.model, { classes: classes.length, ...size });
    requireLayer(model, options.layer);
    return { model };
  }
  const { layer, outputStride, grid, keepHead } = options;
  const imported = importOnnx(architecture ?? options.model, {
    ...size,
    ...(!keepHead && { classes: classes.length }),
    ...(layer !== undefined && { layer }),
    ...(outputStride !== undefined && { outputStride }),
    ...(grid !== undefined && { grid }),
  });
  const model = keepHead ? withClasses(imported, classes, options.classMap) : imported;
  return { model, imported: model };
}

/** Options that make sense with an ONNX file only. */
function requireNoFileOptions(options: ModelWishes["options"]): void {
  const given = (["outputStride", "classMap", "grid"] as const).find(
    (key) => options[key] !== undefined,
  );
  const name = given ?? (options.keepHead ? "keepHead" : undefined);
  if (name === undefined) return;
  throw new OptionError(
    `${name}: is for models in ONNX files; got model "${options.model}". Leave it out, or name a FILE.onnx.`,
  );
}

function requireLayer({ name, layers }: Model, layer: string | undefined): void {
  if (layer === undefined || layers.includes(layer)) return;
  throw new OptionError(`layer: must be one of ${layers.join(", ")} for ${name}; got "${layer}".`);
}

/** The file's own head, its outputs chosen by the classes of the data. */
function withClasses(
  model: ImportedModel,
  classes: readonly string[],
  classMap: Readonly<Record<string, ClassOutputs>> | undefined,
): ImportedModel {
  if (classMap !== undefined) {
    const missing = classes.filter((name) => !Object.hasOwn(classMap, name));
    if (missing.length > 0) {
      throw new OptionError(
        `classMap: must have outputs for every class of the data; got none for ${missing.join(", ")}. Add them, or leave the classes out with --classes.`,
      );
    }
    return model.choosing(classes.map((name) => placesOf(classMap[name])));
  }
  const stated = model.statedClasses;
  if (stated !== undefined && classes.every((name) => stated.includes(name))) {
    return model.choosing(classes.map((name) => [stated.indexOf(name)]));
  }
  if (model.classes === classes.length) return model;
  throw new OptionError(
    `keepHead: the file's ${model.classes} outputs must be matched with the ${classes.length} classes of the data. Give a class map: {"${classes[0]}": output, …}, or a new head with keepHead false.`,
  );
}

/** The numbers in "281-285, 287". */
function placesOf(outputs: ClassOutputs): number[] {
  if (typeof outputs === "number") return [outputs];
  if (typeof outputs !== "string") return outputs;
  return outputs.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}

/** The model of a configuration, with its preprocessing. */
export function configuredModel(
  config: ModelWishes & Pick<RunConfig, "preprocessing">,
  architecture?: Uint8Array,
): BuiltModel {
  const built = buildModel(config, architecture);
  const { preprocessing } = config;
  return { ...built, model: { ...built.model, preprocessing } };
}
