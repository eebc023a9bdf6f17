/**
 * How a run chooses the algorithms of its convolutions, and its record of them, `algorithms.json`:
 * a resumed run computes with the same ones, whatever was measured in between.
 */
import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { Choices } from "../onnx/index.ts";
import type { AlgorithmOptions, Executor, MachineOptions } from "../runtime/index.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { version } from "../version.ts";
import { addMeasured, machineKey, readMeasured } from "./algorithmCache.ts";
import { RunError, writeAtomically } from "./checkpoint.ts";
import { runtimeVersions } from "./prepare.ts";
import type { RunFolder } from "./runFolder.ts";

export interface TuningOptions {
  /**
   * - `auto`: as measured before on this machine, else the default.
   * - `on`: measures what is missing.
   * - `off`: the default.
   */
  readonly tune: "auto" | "on" | "off";
  /** File of what was measured on this machine. */
  readonly cache: string;
  /** Called for each convolution that is measured. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
}

const choicesSchema = z.record(z.string(), z.string());

const recordSchema = z.object({
  /** Versions of what chose, and the machine. */
  version: z.string(),
  runtime: z.record(z.string(), z.string()),
  machine: z.string(),
  /** The algorithm of each convolution that the run has computed so far. */
  choices: choicesSchema,
  /** What was measured when the run began: programs of later phases follow it. */
  measured: choicesSchema,
});

type RunRecord = z.infer<typeof recordSchema>;

/** Name of the record in a RUN folder. */
export const recordName = "algorithms.json";

export class RunAlgorithms {
  /** For the run's executor. */
  readonly options: AlgorithmOptions;
  readonly #path: string;
  readonly #record: RunRecord;
  /** Choices in the file. */
  #written = 0;

  private constructor(path: string, record: RunRecord, options: AlgorithmOptions) {
    this.#path = path;
    this.#record = record;
    this.options = options;
  }

  /**
   * A run that goes on keeps to its record; what that lacks is measured now with tune "on", else
   * computed by the default.
   *
   * @throws {RunError} When the record cannot be read.
   */
  static async open(
    folder: RunFolder,
    { device, threads }: MachineOptions,
    {
      isResumed,
      tuning,
    }: { readonly isResumed: boolean; readonly tuning?: TuningOptions | undefined },
  ): Promise<RunAlgorithms> {
    const path = folder.file(recordName);
    const machine = machineKey({ device, threads });
    const before = isResumed && (await folder.has(recordName)) ? await readRecord(path) : undefined;
    const isTuned = tuning?.tune === "on";
    const cache = tuning && { path: tuning.cache, machine, onWarning: once(tuning.onWarning) };
    const isCacheUsed = tuning?.tune !== "off" && (before === undefined || isTuned);
    const cached = cache !== undefined && isCacheUsed ? await readMeasured(cache) : new Map();
    const record: RunRecord = before ?? {
      ...{ version, runtime: runtimeVersions(), machine },
      ...{ choices: {}, measured: Object.fromEntries(cached) },
    };
    return new RunAlgorithms(path, record, {
      recorded: choicesOf(record.choices),
      measured: new Map([...cached, ...choicesOf(record.measured)]),
      tune: isTuned,
      onProgress: tuning?.onProgress,
      onMeasured: async (key, measurement) => {
        if (cache !== undefined) await addMeasured(cache, new Map([[key, measurement]]));
      },
    });
  }

  /** Writes the choices down where there are new ones. To be called before each checkpoint. */
  async record({ choices }: Pick<Executor, "choices">): Promise<void> {
    if (choices.size === this.#written) return;
    const all = { ...this.#record.choices, ...Object.fromEntries(choices) };
    const text = `${JSON.stringify({ ...this.#record, choices: all }, null, 2)}\n`;
    await writeAtomically(this.#path, (temporary) => writeFile(temporary, text));
    this.#written = choices.size;
  }
}

/** Each text is told once: the file of measurements is written after each of them. */
function once(tell: ((text: string) => void) | undefined): (text: string) => void {
  const told = new Set<string>();
  return (text) => {
    if (!told.has(text)) tell?.(text);
    told.add(text);
  };
}

const choicesOf = (entries: Readonly<Record<string, string>>): Choices =>
  new Map(Object.entries(entries)) as Choices;

async function readRecord(path: string): Promise<RunRecord> {
  const parsed = recordSchema.safeParse(tryParseJson(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new RunError(
    `${path}: must hold the algorithms that the run was started with, and cannot be read. Restore it; or delete it, and the run goes on with others, whose rounding differs.`,
  );
}
