/** The steps that are timed beside PyTorch; steps.py has the same names. */
import type { TimedStep } from "./timed.ts";
import { timedAttention } from "./timedAttention.ts";
import { timedGain } from "./timedGain.ts";
import { timedSec } from "./timedSec.ts";

export interface Case {
  /** As it is asked for: NAME:BATCH. */
  readonly key: string;
  readonly batchSize: number;
  /** Builds the graphs. */
  build(): TimedStep;
}

const builders: Readonly<Record<string, (batchSize: number) => TimedStep>> = {
  vgg16: (batchSize) => timedGain("vgg16", batchSize),
  squeezenet: (batchSize) => timedGain("squeezenet1_1", batchSize),
  largefov: (batchSize) => timedSec("vgg16_largefov", batchSize, 321),
  attention: (batchSize) => timedAttention("squeezenet1_1", batchSize),
};

/** @throws {RangeError} When it is not NAME:BATCH with a name that there is. */
export function caseOf(key: string): Case {
  const [name, batch, ...rest] = key.split(":");
  const builder = Object.hasOwn(builders, name) ? builders[name] : undefined;
  const batchSize = Number(batch);
  if (builder === undefined || !(Number.isInteger(batchSize) && batchSize > 0) || rest.length > 0) {
    throw new RangeError(
      `steps: a case must be NAME:BATCH, NAME one of ${Object.keys(builders).join(", ")} and BATCH a number of images; got "${key}".`,
    );
  }
  return { key, batchSize, build: () => builder(batchSize) };
}
