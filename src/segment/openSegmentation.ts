/** A trained run of SEC, opened to be used. */
import type { SegmentationModel } from "../nn/index.ts";
import type { Device, TensorData } from "../runtime/index.ts";
import { RunFolder, startWithParameters, trainedParameters } from "../train/index.ts";
import { segmentationModelOf } from "./prepareSec.ts";
import { type SecConfig, secConfigSchema } from "./secConfig.ts";
import { Segmenter } from "./segmenter.ts";

export interface OpenedSegmentation {
  readonly folder: RunFolder;
  readonly config: SecConfig;
  readonly model: SegmentationModel;
  /** Values of the model's parameters, by name. */
  readonly parameters: ReadonlyMap<string, TensorData>;
  /** Steps of training that they have seen. */
  readonly step: number;
}

/** @throws {RunError} When the folder is no run of SEC, or its checkpoint does not fit its model. */
export async function openSegmentation(path: string): Promise<OpenedSegmentation> {
  const folder = new RunFolder(path);
  const config = await readSegmentationConfig(path);
  const model = segmentationModelOf(config);
  return { folder, config, model, ...(await trainedParameters(folder, model)) };
}

/** What a run of SEC was set to. @throws {RunError} When the folder is no run of SEC. */
export const readSegmentationConfig = (path: string): Promise<SecConfig> =>
  new RunFolder(path).readConfigAs("segmentation", secConfigSchema);

export interface SegmenterOptions {
  readonly threads: number;
  readonly device?: Device;
  readonly batchSize?: number;
}

/** The run's network ready to give scores. @returns  It, and what releases it. */
export async function startSegmenter(
  { model, parameters, config }: OpenedSegmentation,
  { threads, device = config.options.device, batchSize = 4 }: SegmenterOptions,
): Promise<{ segmenter: Segmenter; close: () => Promise<void> }> {
  const { started, close } = await startWithParameters(
    parameters,
    { device, threads },
    (executor) => Segmenter.start(executor, model, { batchSize }),
  );
  return { segmenter: started, close };
}
