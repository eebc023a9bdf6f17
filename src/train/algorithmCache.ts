/**
 * What was measured on this machine to choose algorithms: a file that all runs of a user share. It
 * saves time and nothing else, so whatever is wrong with it is told and does not stop a run.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { z } from "zod";
import { messageOf } from "../messageOf.ts";
import type { Choices } from "../onnx/index.ts";
import { algorithmsVersion, type MachineOptions, type Measurement } from "../runtime/index.ts";
import { tryParseJson } from "../tryParseJson.ts";
import { writeAtomically } from "./checkpoint.ts";
import { runtimeVersions } from "./prepare.ts";

const format = "guided-attention algorithms 1";

/** Names of algorithms are not checked here: one that is not known is passed over when chosen. */
const measurementSchema = z.object({
  algorithm: z.string(),
  milliseconds: z.record(z.string(), z.number()),
});

const cacheSchema = z.object({
  format: z.literal(format),
  /** Measurements by machine, then by problem. */
  machines: z.record(z.string(), z.record(z.string(), measurementSchema)),
});

type Machines = z.infer<typeof cacheSchema>["machines"];

export interface AlgorithmCacheOptions {
  /** Path of the file. */
  readonly path: string;
  /** Of `machineKey`. */
  readonly machine: string;
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** Everything that the times depend on, in one line. */
export function machineKey({ device, threads }: MachineOptions): string {
  const [cpu] = cpus();
  const { "onnxruntime-node": version } = runtimeVersions();
  return [
    ...[device, `${threads} threads`, `ONNX Runtime ${version}`],
    ...[process.platform, process.arch, cpu?.model.trim() ?? "unknown processor"],
    `algorithms ${algorithmsVersion}`,
  ].join(", ");
}

/** The choices that were measured on this machine; none where there is no usable file. */
export async function readMeasured(options: AlgorithmCacheOptions): Promise<Choices> {
  const measured = (await readMachines(options))[options.machine] ?? {};
  return new Map(
    Object.entries(measured).map(([key, { algorithm }]) => [key, algorithm]),
  ) as Choices;
}

/** Adds measurements to what the file holds by now, which another process may have written. */
export async function addMeasured(
  options: AlgorithmCacheOptions,
  news: ReadonlyMap<string, Measurement>,
): Promise<void> {
  const { path, machine, onWarning } = options;
  const machines = await readMachines(options);
  const merged = { ...machines, [machine]: { ...machines[machine], ...Object.fromEntries(news) } };
  const text = `${JSON.stringify({ format, machines: merged }, null, 1)}\n`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, (temporary) => writeFile(temporary, text));
  } catch (error) {
    onWarning?.(`what was measured is not kept for other runs: ${messageOf(error)}`);
  }
}

async function readMachines({ path, onWarning }: AlgorithmCacheOptions): Promise<Machines> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!isMissing(error)) onWarning?.(`${path}: is not used, ${messageOf(error)}.`);
    return {};
  }
  const parsed = cacheSchema.safeParse(tryParseJson(text));
  if (parsed.success) return parsed.data.machines;
  onWarning?.(
    `${path}: is not used, since it holds no measurements of algorithms; it is replaced when some are measured (--tune on).`,
  );
  return {};
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";
