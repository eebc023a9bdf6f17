/** A RUN folder: config, checkpoint, metrics; written by one process at a time. */

import { appendFile, mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exists } from "../exists.ts";
import { messageOf } from "../messageOf.ts";
import { tryParseJson } from "../tryParseJson.ts";
import {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
import { type RunConfig, runConfigSchema } from "./config.ts";
import { takeLock } from "./runLock.ts";

/** One line of `metrics.jsonl`: a logged step or an evaluation. */
export type Metric = Readonly<Record<string, unknown>> & { readonly step: number };

/** File of the parameters and all state. */
export const checkpointName = "checkpoint.safetensors";

/** What a run trains. */
export type RunKind = "classification" | "segmentation";

/** `config.json` of classifiers names no kind. */
const kindSchema = z.object({
  kind: z.enum(["classification", "segmentation"]).default("classification"),
});

const commands: Readonly<Record<RunKind, string>> = {
  classification: "gain train",
  segmentation: "gain sec",
};

export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get checkpointPath(): string {
    return join(this.path, checkpointName);
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /**
   * Creates the folder, takes its lock, and removes what a killed process left half written.
   *
   * @returns  Releases the lock.
   * @throws {RunError} When another process is writing the run, or the folder cannot be made.
   */
  async lock(): Promise<() => Promise<void>> {
    const made = await mkdir(this.path, { recursive: true }).catch((error: unknown) => {
      throw unwritable(this.path, error);
    });
    const release = await takeLock(this.file("run.lock"));
    for (const name of await readdir(this.path)) {
      if (name.endsWith(".partial")) await rm(this.file(name), { force: true });
    }
    return async () => {
      await release();
      // A run that could not start leaves no empty folder; one with files stays.
      if (made !== undefined) await rmdir(this.path).catch(() => undefined);
    };
  }

  /** Whether the folder holds a file of that name. */
  has(name: string): Promise<boolean> {
    return exists(this.file(name));
  }

  hasConfig(): Promise<boolean> {
    return this.has("config.json");
  }

  hasCheckpoint(): Promise<boolean> {
    return this.has(checkpointName);
  }

  /** @throws {RunError} When the folder is no run of `gain train`. */
  readConfig(): Promise<RunConfig> {
    return this.readConfigAs("classification", runConfigSchema);
  }

  /** What the run trains. @throws {RunError} When the folder is no run. */
  async kind(): Promise<RunKind> {
    const { kind } = await this.readConfigAs(undefined, kindSchema);
    return kind;
  }

  /**
   * The configuration of a run of this kind.
   *
   * @throws {RunError} When the folder is no run, or one of another kind.
   */
  async readConfigAs<S extends z.ZodType>(
    kind: RunKind | undefined,
    schema: S,
  ): Promise<z.infer<S>> {
    const path = this.file("config.json");
    const text = await readFile(path, "utf8").catch(() => {
      throw new RunError(
        `${path}: not found, so ${this.path} is no run. Train one with ${commands[kind ?? "classification"]} DATA --out ${this.path}.`,
      );
    });
    const raw = parseJson(path, text);
    const found = kindSchema.safeParse(raw);
    if (kind !== undefined && found.success && found.data.kind !== kind) {
      throw new RunError(
        `${this.path}: must be a run of ${commands[kind]}; got one of ${commands[found.data.kind]}. Name another RUN.`,
      );
    }
    const parsed = schema.safeParse(raw);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new RunError(
        `${path}: ${issue.path.join(".")}: ${issue.message}. Restore the file, or train anew.`,
      );
    }
    return parsed.data;
  }

  writeConfig(config: object): Promise<void> {
    return this.writeFile("config.json", `${JSON.stringify(config, null, 2)}\n`);
  }

  /** Writes a file as a whole or not at all. */
  writeFile(name: string, content: string | Uint8Array): Promise<void> {
    return writeAtomically(this.file(name), (path) => writeFile(path, content));
  }

  readCheckpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.checkpointPath);
  }

  writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return writeCheckpoint(this.checkpointPath, checkpoint);
  }

  async appendMetric(metric: Metric): Promise<void> {
    const path = this.file("metrics.jsonl");
    await appendFile(path, `${JSON.stringify(metric)}\n`).catch((error: unknown) => {
      throw unwritable(path, error);
    });
  }

  /** The metrics so far; half a line at the end, left by a crash, is dropped. */
  async readMetrics(): Promise<Metric[]> {
    const text = await readFile(this.file("metrics.jsonl"), "utf8").catch(() => "");
    const metrics: Metric[] = [];
    for (const line of text.split("\n")) {
      const metric = tryParseJson(line);
      if (metric !== undefined) metrics.push(metric as Metric);
    }
    return metrics;
  }

  /** Forgets metrics of steps after `step`, which a resumed run will write again. */
  async truncateMetrics(step: number): Promise<void> {
    const kept = (await this.readMetrics()).filter((metric) => metric.step <= step);
    const text = kept.map((metric) => `${JSON.stringify(metric)}\n`).join("");
    await writeAtomically(this.file("metrics.jsonl"), (path) => writeFile(path, text));
  }
}

function unwritable(path: string, error: unknown): RunError {
  const reason = messageOf(error);
  return new RunError(
    `${path}: cannot be written (${reason}). Make room, or choose another folder.`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunError(`${path}: must be JSON; ${String(error)}. Restore the file, or train anew.`);
  }
}
