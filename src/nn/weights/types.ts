/** Weights of a model as read from a file. */

import { messageOf } from "../../messageOf.ts";

/** A tensor of parameters, row-major: [out, in, height, width] or [out, in] or [out]. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by name: `<layer>.weight` and `<layer>.bias`. */
export type Weights = ReadonlyMap<string, NamedTensor>;

/** A file of weights that cannot be read, or does not fit the model. */
export class WeightsError extends Error {
  override name = "WeightsError";
}

/** The error that a library threw on `file`, as one sentence with its cure. */
export function damagedFile(file: string, format: string, error: unknown): WeightsError {
  const reason = messageOf(error);
  return new WeightsError(
    `${file}: must be a whole ${format} file (${reason}). ` +
      "The file may be truncated: download or save it again.",
    { cause: error },
  );
}
