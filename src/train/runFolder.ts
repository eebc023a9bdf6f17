/** A RUN folder: config, checkpoint, metrics; written by one process at a time. */
import { appendFile, mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import {
  type Checkpoint,
  RunError,
  readCheckpoint,
  writeAtomically,
  writeCheckpoint,
} from "./checkpoint.ts";
import { type RunConfig, runConfigSchema } from "./config.ts";

/** One line of `metrics.jsonl`: a logged step or an evaluation. */
export type Metric = Readonly<Record<string, unknown>> & { readonly step: number };

export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get checkpointPath(): string {
    return join(this.path, "checkpoint.safetensors");
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Creates the folder and takes its lock. @returns  Releases the lock. */
  async lock(): Promise<() => Promise<void>> {
    await mkdir(this.path, { recursive: true });
    const path = this.file("run.lock");
    const owner = { pid: process.pid, host: hostname() };
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const handle = await open(path, "wx");
        await handle.writeFile(JSON.stringify(owner));
        await handle.close();
        return () => rm(path, { force: true });
      } catch (error) {
        if (!isCode(error, "EEXIST")) throw error;
        await this.#removeStaleLock(path);
      }
    }
    throw new RunError(`${path}: another process has just taken this run. Wait until it is done.`);
  }

  async hasConfig(): Promise<boolean> {
    return stat(this.file("config.json")).then(
      () => true,
      () => false,
    );
  }

  async hasCheckpoint(): Promise<boolean> {
    return stat(this.checkpointPath).then(
      () => true,
      () => false,
    );
  }

  /** @throws {RunError} When the folder is no run. */
  async readConfig(): Promise<RunConfig> {
    const path = this.file("config.json");
    const text = await readFile(path, "utf8").catch(() => {
      throw new RunError(
        `${path}: not found, so ${this.path} is no run. Train one with gain train DATA --out ${this.path}.`,
      );
    });
    const parsed = runConfigSchema.safeParse(parseJson(path, text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new RunError(
        `${path}: ${issue.path.join(".")}: ${issue.message}. Restore the file, or train anew.`,
      );
    }
    return parsed.data;
  }

  async writeConfig(config: RunConfig): Promise<void> {
    const text = `${JSON.stringify(config, null, 2)}\n`;
    await writeAtomically(this.file("config.json"), (path) => writeFile(path, text));
  }

  readCheckpoint(): Promise<Checkpoint> {
    return readCheckpoint(this.checkpointPath);
  }

  writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    return writeCheckpoint(this.checkpointPath, checkpoint);
  }

  async appendMetric(metric: Metric): Promise<void> {
    await appendFile(this.file("metrics.jsonl"), `${JSON.stringify(metric)}\n`);
  }

  /** The metrics so far; half a line at the end, left by a crash, is dropped. */
  async readMetrics(): Promise<Metric[]> {
    const text = await readFile(this.file("metrics.jsonl"), "utf8").catch(() => "");
    const metrics: Metric[] = [];
    for (const line of text.split("\n")) {
      try {
        metrics.push(JSON.parse(line) as Metric);
      } catch {
        // Not a whole line.
      }
    }
    return metrics;
  }

  /** Forgets metrics of steps after `step`, which a resumed run will write again. */
  async truncateMetrics(step: number): Promise<void> {
    const kept = (await this.readMetrics()).filter((metric) => metric.step <= step);
    const text = kept.map((metric) => `${JSON.stringify(metric)}\n`).join("");
    await writeAtomically(this.file("metrics.jsonl"), (path) => writeFile(path, text));
  }

  async #removeStaleLock(path: string): Promise<void> {
    const text = await readFile(path, "utf8").catch(() => "{}");
    const { pid, host } = parseLock(text);
    if (host !== undefined && host !== hostname()) {
      throw new RunError(
        `${path}: process ${pid} on ${host} is writing this run. Wait until it is done; if it is not running, delete the file.`,
      );
    }
    if (pid !== undefined && isAlive(pid)) {
      throw new RunError(
        `${path}: process ${pid} is writing this run. Wait until it is done, or choose another --out.`,
      );
    }
    await rm(path, { force: true });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunError(`${path}: must be JSON; ${String(error)}. Restore the file, or train anew.`);
  }
}

function parseLock(text: string): { pid?: number; host?: string } {
  try {
    return JSON.parse(text) as { pid?: number; host?: string };
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
