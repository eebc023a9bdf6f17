/** A trained run, opened to be used. */
import { readFile } from "node:fs/promises";
import type { CamMethod } from "../gain/index.ts";
import { messageOf } from "../messageOf.ts";
import type { Model } from "../nn/index.ts";
import { type Device, Executor, type TensorData } from "../runtime/index.ts";
import { Attender } from "./attender.ts";
import { configuredModel, isOnnxFile } from "./buildModel.ts";
import { RunError } from "./checkpoint.ts";
import type { RunConfig } from "./config.ts";
import { RunFolder } from "./runFolder.ts";

export interface OpenedRun {
  readonly folder: RunFolder;
  readonly config: RunConfig;
  readonly model: Model;
  /** Values of the model's parameters, by name. */
  readonly parameters: ReadonlyMap<string, TensorData>;
  /** Steps of training that they have seen. */
  readonly step: number;
}

/** @throws {RunError} When the folder is no run, or its checkpoint does not fit its model. */
export async function openRun(path: string): Promise<OpenedRun> {
  const folder = new RunFolder(path);
  const config = await folder.readConfig();
  const model = await modelOf(folder, config);
  return { folder, config, model, ...(await trainedParameters(folder, model)) };
}

/** The model's parameters as a run's checkpoint holds them. @throws {RunError} When it lacks one. */
export async function trainedParameters(
  folder: RunFolder,
  model: Pick<Model, "name" | "parameters">,
): Promise<Pick<OpenedRun, "parameters" | "step">> {
  const { tensors, progress } = await folder.readCheckpoint();
  const parameters = new Map<string, TensorData>();
  for (const { name } of model.parameters) {
    const value = tensors.get(name);
    if (value === undefined) {
      throw new RunError(
        `${folder.checkpointPath}: must hold all parameters of ${model.name}; it lacks ${name}. Train anew.`,
      );
    }
    parameters.set(name, value);
  }
  return { parameters, step: progress.step };
}

/** In a run of a model from an ONNX file: that file without its weights. */
export const architectureFile = "architecture.onnx";

/**
 * The model that a run trains.
 *
 * @throws {RunError} When its architecture is missing.
 */
export async function modelOf(
  folder: RunFolder,
  config: Pick<RunConfig, "options" | "classes" | "inputSize" | "preprocessing">,
): Promise<Model> {
  if (!isOnnxFile(config.options.model)) return configuredModel(config).model;
  const path = folder.file(architectureFile);
  const architecture = await readFile(path).catch((error: unknown) => {
    throw new RunError(
      `${path}: must hold the network of the run (${messageOf(error)}). Restore the file, or train anew.`,
    );
  });
  return configuredModel(config, architecture).model;
}

export interface AttenderOptions {
  readonly threads: number;
  readonly device?: Device;
  readonly batchSize?: number;
  /** Layer of the attention; the one that the run was trained with by default. */
  readonly layer?: string | undefined;
  /** How the maps are made; "grad-cam" by default. */
  readonly method?: CamMethod | undefined;
}

/**
 * What `start` makes on an executor that holds the parameters.
 *
 * @returns  It, and what releases the executor.
 */
export async function startWithParameters<T>(
  parameters: ReadonlyMap<string, TensorData>,
  options: { readonly device: Device; readonly threads: number },
  start: (executor: Executor) => Promise<T>,
): Promise<{ started: T; close: () => Promise<void> }> {
  const executor = await Executor.start(options);
  try {
    await executor.setState(parameters);
    return { started: await start(executor), close: () => executor.close() };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

/** The run's model ready to attend. @returns  The attender and what releases it. */
export async function startAttender(
  { model, parameters, config }: OpenedRun,
  {
    threads,
    device = config.options.device,
    batchSize = 16,
    layer = config.options.layer,
    method,
  }: AttenderOptions,
): Promise<{ attender: Attender; close: () => Promise<void> }> {
  const options = {
    batchSize,
    ...(layer !== undefined && { layer }),
    ...(method !== undefined && { method }),
  };
  const { started, close } = await startWithParameters(
    parameters,
    { device, threads },
    (executor) => Attender.start(executor, model, options),
  );
  return { attender: started, close };
}
