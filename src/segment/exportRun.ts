/** Any trained run as one ONNX file. */
import {
  type ExportOptions,
  exportModel,
  type ModelFile,
  OptionError,
  openRun,
  RunFolder,
  type RunKind,
} from "../train/index.ts";
import { exportSegmentation } from "./exportSegmentation.ts";
import { openSegmentation } from "./openSegmentation.ts";

export interface ExportRunOptions extends ExportOptions {
  /** RUN folder of a classifier or of a segmentation network, finished or not. */
  readonly run: string;
  /** File to write. */
  readonly out: string;
}

export interface ExportedRun extends ModelFile {
  readonly kind: RunKind;
  /** Name of the network. */
  readonly model: string;
  /** Without the background. */
  readonly classes: readonly string[];
  /** Steps of training that the parameters have seen. */
  readonly step: number;
  readonly totalSteps: number;
}

/**
 * Writes the model of a run's checkpoint; what it takes, gives and tells of itself, `exportModel` and
 * `exportSegmentation` say. Images of a classifier give `logits` and `attention`, those of a segmentation
 * network `scores` and `masks`.
 *
 * @throws {OptionError} When the batch size is not a whole number of at least 1.
 * @throws {RunError} When the folder is no run, has no checkpoint, or the file cannot be written.
 */
export async function exportRun({ run, out, ...options }: ExportRunOptions): Promise<ExportedRun> {
  const { batchSize = 1 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new OptionError(`batchSize: must be a whole number of at least 1; got ${batchSize}.`);
  }
  const kind = await new RunFolder(run).kind();
  if (kind === "segmentation") {
    const { config, model, parameters, step } = await openSegmentation(run);
    const file = await exportSegmentation(out, model, parameters, config, options);
    return { ...file, kind, step, ...summaryOf(config, model) };
  }
  const { config, model, parameters, step } = await openRun(run);
  const file = await exportModel(out, model, parameters, config, options);
  return { ...file, kind, step, ...summaryOf(config, model) };
}

const summaryOf = (
  { classes, totalSteps }: { readonly classes: readonly string[]; readonly totalSteps: number },
  { name }: { readonly name: string },
): Pick<ExportedRun, "model" | "classes" | "totalSteps"> => ({ model: name, classes, totalSteps });
